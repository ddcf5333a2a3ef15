"""Answers are compared as VQA evaluation compares them."""

import pytest

from m3ae.prepare.answers import answer_list, as_given, class_list, normalised, normalised_answers

EXAMPLES = {
    "Yes": "yes",
    " Left  lung. ": "left lung",
    "none": "0",
    "Two": "2",
    "the right side of an organ": "right side of organ",
    "face, sinuses, and neck": "face sinuses and neck",
    "T2-weighted": "t2 weighted",
    "x-ray / ct": "x ray ct",
    "5.5 cm": "5.5 cm",
    "10,000 cells": "10000 cells",
    "ct w/contrast (iv)": "ct w contrast iv",
    "cant tell": "can't tell",
    "5": "5",
    "A": "a",
    "the.": "the",
    "+": "+",
    " ? ": "?",
    "": "",
}


@pytest.mark.parametrize(("published", "compared"), EXAMPLES.items())
def test_an_answer_is_normalised_by_the_rules(published, compared):
    assert normalised(published) == compared


def test_normalising_twice_changes_nothing():
    once = [normalised(answer) for answer in EXAMPLES]
    assert [normalised(answer) for answer in once] == once


def test_alternatives_that_become_equal_count_once_and_blank_ones_not_at_all():
    assert normalised_answers(["The Lung", "lung", " ", "a"]) == ["lung", "a"]


def test_the_answer_list_keeps_the_order_of_first_appearance_and_classes_are_sorted():
    assert answer_list(["yes", "lung", "yes", "axial"]) == ["yes", "lung", "axial"]
    assert class_list(["pull down", "blot", "pull down"]) == ["blot", "pull down"]


@pytest.mark.parametrize(
    ("published", "compared"),
    [
        ("A", "a"),
        (" none ", "none"),
        ("0", "0"),
        ("+", "+"),
        ("The  Left\u00a0Lung.", "the left lung."),
        ("Stra\u00dfe", "strasse"),
        ("", ""),
    ],
)
def test_an_answer_as_given_keeps_all_but_its_case_and_its_blanks(published, compared):
    assert as_given(published) == compared


def test_answers_that_only_the_rule_of_vqa_makes_equal_stay_apart_as_given():
    answers = ["none", "0", "Zero", "+", "-", "NONE"]
    assert normalised_answers(answers) == ["0", "+", "-"]
    assert normalised_answers(answers, as_given) == ["none", "0", "zero", "+", "-"]
