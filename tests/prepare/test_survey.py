"""What is known of a release before its first row is written."""

from dataclasses import replace
from pathlib import Path

from m3ae.prepare.survey import Survey, moved
from m3ae.releases.readers.published import Dropped
from m3ae.releases.record import Record, Split
from m3ae.tasks import TASKS


def question(number: int, image: int, answer: str, split: Split = Split.TRAIN) -> Record:
    return Record(str(number), split, Path(f"{image}.png"), f"image-{image}", ("Which side?",), (answer,), "open")


TRAIN = [question(number, number % 20, ["left", "right"][number % 2]) for number in range(60)]
TEST = [question(60, 3, "both", Split.TEST)]


def test_a_tenth_of_the_training_images_is_drawn_with_all_their_questions():
    drawn = Survey.of(TRAIN + TEST, TASKS["vqa_rad"]).drawn_validation(0.1, seed=1)
    assert len(drawn) == 2
    rows = [moved(record, drawn) for record in TRAIN + TEST]
    assert {row.image_id for row in rows if row.split is Split.VALIDATION} == drawn
    assert {row.image_id for row in rows if row.split is Split.TRAIN}.isdisjoint(drawn)
    assert [row.split for row in rows].count(Split.VALIDATION) == 6


def test_test_rows_stay_test_rows_even_when_their_image_is_drawn():
    assert moved(TEST[0], frozenset({"image-3"})).split is Split.TEST


def test_the_drawn_images_depend_on_the_seed_alone():
    drawn = [Survey.of(rows, TASKS["vqa_rad"]).drawn_validation(0.3, seed) for rows, seed in [(TRAIN, 1), (TRAIN[::-1], 1), (TRAIN, 2)]]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_published_validation_split_is_left_alone():
    survey = Survey.of([*TRAIN, question(99, 99, "left", Split.VALIDATION)], TASKS["vqa_rad"])
    assert survey.drawn_validation(0.1, seed=1) == frozenset()


def test_a_single_image_stays_in_training():
    assert Survey.of(TRAIN[:1], TASKS["vqa_rad"]).drawn_validation(0.5, seed=1) == frozenset()


def test_answers_of_all_splits_count_or_those_of_the_published_train_file():
    survey = Survey.of([*TEST, *TRAIN], TASKS["vqa_rad"])
    assert survey.answer_list("all") == ["left", "right", "both"]
    assert survey.answer_list("train") == ["left", "right"]


def test_classes_are_sorted_over_all_splits_whatever_the_answers_parameter():
    survey = Survey.of([*TRAIN, *TEST], TASKS["melinda"])
    assert survey.answer_list("train") == ["both", "left", "right"]


def test_an_answer_that_swallowed_a_file_is_no_class_and_texts_are_counted():
    survey = Survey.of([*TRAIN, question(99, 99, "left " * 10_000), question(98, 98, "left\u200b")], TASKS["vqa_rad"])
    assert (survey.answer_list("all"), survey.num_texts) == (["left", "right"], 62)


def test_rows_that_the_reader_dropped_have_no_answers():
    survey = Survey.of([Dropped("1", Split.TRAIN, "a.png", "language not chosen")], TASKS["vqa_rad"])
    assert (survey.num_rows, survey.answer_list("all")) == (1, [])


def test_under_the_strict_protocol_a_training_row_that_a_test_row_repeats_is_dropped():
    repeated = replace(question(99, 3, "Both "), texts=("which  SIDE?",))
    near = [replace(repeated, image_id="image-4"), replace(repeated, texts=("Which side",)), replace(repeated, answers=("left",))]
    survey = Survey.of([*TRAIN, *near, repeated, *TEST], TASKS["vqa_rad"])
    placed = list(survey.placed([repeated, *near, *TEST], "strict", 0.1, seed=1))
    assert placed[0] == Dropped("99", Split.TRAIN, "3.png", "repeats a test row word for word")
    assert [row for row in placed if isinstance(row, Dropped)] == placed[:1] and len(placed) == 5


def test_under_the_papers_protocol_the_test_rows_choose_the_epoch_where_no_validation_split_was_published():
    survey = Survey.of([*TRAIN, *TEST], TASKS["vqa_rad"])
    placed = list(survey.placed([*TRAIN, *TEST], "paper", 0.1, seed=1))
    assert placed == [*TRAIN, *TEST, replace(TEST[0], split=Split.VALIDATION)]
    published = question(99, 99, "left", Split.VALIDATION)
    rows = [*TRAIN, published, *TEST]
    assert list(Survey.of(rows, TASKS["vqa_rad"]).placed(rows, "paper", 0.1, seed=1)) == rows


def test_a_release_that_is_only_pre_trained_on_has_its_validation_split_drawn_under_both_protocols():
    rows = [replace(row, answers=(), answer_kind="") for row in TRAIN]
    placed = [list(Survey.of(rows, None).placed(rows, protocol, 0.1, seed=1)) for protocol in ("strict", "paper")]
    assert placed[0] == placed[1] and sum(row.split is Split.VALIDATION for row in placed[0]) == 6


def test_pairs_without_answers_are_neither_dropped_nor_copied():
    rows = [replace(row, answers=(), answer_kind="") for row in (question(1, 1, ""), question(2, 1, "", Split.TEST))]
    for protocol in ("strict", "paper"):
        assert list(Survey.of(rows, None).placed(rows, protocol, 0.1, seed=1)) == rows
