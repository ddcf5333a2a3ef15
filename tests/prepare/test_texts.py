"""Texts are stored without what cannot be seen."""

from m3ae.prepare.texts import MOST_CHARACTERS, cleaned, long_enough


def test_white_space_is_folded_and_what_is_invisible_goes():
    assert cleaned("\ufeff Axial\u00a0CT \t of\r\nthe\u200b ab\u00addomen\x07 ") == "Axial CT of the abdomen"
    assert cleaned("a \u200b b") == "a b"


def test_a_letter_and_its_accent_become_one_character():
    assert cleaned("ce\u0301re\u0301brale") == "c\u00e9r\u00e9brale"


def test_short_texts_are_dropped_and_the_caption_is_known_to_be_gone():
    assert long_enough(["Axial CT.", "See the arrow in Fig. 1."], 3) == (["See the arrow in Fig. 1."], False)
    assert long_enough(["Axial CT image.", "Fig. 1"], 3) == (["Axial CT image."], True)
    assert long_enough([], 1) == ([], False)
    assert long_enough(["  "], 1) == ([], False)


def test_a_text_that_swallowed_a_file_is_dropped_alone():
    assert long_enough(["Axial CT image.", "word " * MOST_CHARACTERS, "See Fig. 1."], 3) == (["Axial CT image.", "See Fig. 1."], True)
