import pytest

from m3ae.recipes.lexicon import Lexicon, mined_terms, read_terms

CAPTIONS = [
    "CT of the chest: a pleural effusion on the left.",
    "Pleural effusion and cardiomegaly, 12 mm.",
    "MRI of the brain shows a large mass.",
    "A mass of the brain, with oedema.",
    "CT shows cardiomegaly in the chest.",
]


def test_mined_terms_are_those_of_several_texts_without_function_words_and_numbers():
    terms = mined_terms(CAPTIONS, 50)
    assert {("pleural", "effusion"), ("cardiomegaly",), ("brain",), ("mass",)} <= set(terms)
    assert not {("of",), ("the",), ("12",), ("of", "the"), ("oedema",), ("large", "mass")} & set(terms)


def test_mining_is_a_function_of_the_texts_whatever_their_order():
    assert mined_terms(CAPTIONS, 5) == mined_terms(reversed(CAPTIONS), 5)
    assert mined_terms(CAPTIONS, 3) == mined_terms(CAPTIONS, 5)[:3]


def test_what_every_text_says_tells_none_apart():
    assert mined_terms(["chest mass", "chest cyst", "chest mass"], 9) == [("chest", "mass"), ("mass",)]


def test_no_term_reaches_over_punctuation():
    assert ("mass", "oedema") not in mined_terms(["mass, oedema", "mass; oedema", "cyst"], 9)


def test_the_longest_term_is_found_as_whole_words_in_any_case():
    lexicon = Lexicon([("effusion",), ("pleural", "effusion"), ("mass",)])
    text = "Massive PLEURAL effusion, no mass; effusions"
    assert [text[slice(*span)] for span in lexicon.spans(text)] == ["PLEURAL effusion", "mass"]


def test_an_empty_lexicon_finds_nothing():
    assert Lexicon([]).spans("a mass") == []


def test_a_list_of_one_s_own_is_read_line_by_line(tmp_path):
    path = tmp_path / "terms.txt"
    path.write_text("Pleural effusion\n\n mass \n")
    assert read_terms(path) == [("pleural", "effusion"), ("mass",)]


@pytest.mark.parametrize("content", [None, b"\n \n", b"\xff\xfe"])
def test_a_list_that_names_nothing_is_refused_with_the_remedy(tmp_path, content):
    path = tmp_path / "terms.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit, match="one term a line, or 'mined'"):
        read_terms(path)
