import numpy as np
import pytest

from m3ae.perturb.texts import TEXT_OPERATORS, perturbed

QUESTION = "Is there no large mass, in the left lung of this patient on CT with 3 cm?"


def of(text, name, severity=3, seed=0, protected=frozenset()):
    return perturbed(text, name, severity, np.random.default_rng(seed), protected)


@pytest.mark.parametrize("name", TEXT_OPERATORS)
def test_a_text_is_changed_and_is_the_same_again(name):
    assert of(QUESTION, name) == of(QUESTION, name) != QUESTION


@pytest.mark.parametrize("name", TEXT_OPERATORS)
def test_negations_sides_numbers_units_and_the_callers_words_are_never_changed(name):
    for seed in range(40):
        words = {word.strip(".,;!?") for word in of(QUESTION, name, 5, seed, frozenset(["mass"])).split()}
        assert {"no", "left", "3", "cm", "mass"} <= words


@pytest.mark.parametrize("name", TEXT_OPERATORS)
@pytest.mark.parametrize("text", ["", "no", "3 mm?", "L4-L5", "( )", "左肺有结节吗"])
def test_a_text_without_a_word_to_change_stays(name, text):
    assert of(text, name) == text


def changed(before, after):
    return sum(one != other for one, other in zip(before.split(), after.split(), strict=True))


@pytest.mark.parametrize(("severity", "words"), [(1, 2), (2, 4), (5, 10)])
def test_a_severity_changes_five_percent_more_of_the_words(severity, words):
    text = " ".join(["word"] * 40)
    assert changed(text, of(text, "upper_case", severity)) == words


def test_at_least_one_word_is_changed():
    assert changed("what is this", of("what is this", "character_substitution", 1)) in (0, 1)  # a letter may be drawn for itself
    assert changed("what is this", of("what is this", "upper_case", 1)) == 1


def test_the_operators_do_what_they_are_called():
    assert of("radiograph", "abbreviation") == "XR" and of("CT", "abbreviation") == "computed tomography"
    assert of("patient?", "synonym") == "person?" and of("(scan)", "synonym") == "(image)"
    assert of("chest", "word_deletion") == "" and of("chest", "word_repetition") == "chest chest"
    assert sorted(of("chest", "character_swap")) == sorted("chest") and len(of("chest", "character_deletion")) == 4
    assert len(of("chest", "character_insertion")) == 6 and of("b", "ocr") == "6"
    assert of("q", "keyboard") == of("q", "keyboard", seed=1) == "w" and of("p", "keyboard") == "o"
