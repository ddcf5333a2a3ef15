import re
from dataclasses import replace

import polars
import pytest

from m3ae.report.answers_given import NUM_ANSWERS, Answer, Concentration, answers_given
from m3ae.report.benchmark import BENCHMARK
from m3ae.report.measured import result
from m3ae.report.page import write_report


def write(path, *rows):
    """Rows of (answer kind, true answers, prediction)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = [{"answer_kind": kind, "truth": truth, "prediction": given, "score": float(given in truth)} for kind, truth, given in rows]
    polars.DataFrame(table).write_parquet(path)


@pytest.fixture
def blocks(run, asked):
    """Of the scores as they are in the made-up run, whatever predictions are written over its own."""
    results = [result(entry, asked, run) for entry in BENCHMARK if entry.is_shown(asked.tasks)]
    for path in run.data.glob("evaluate/*/*.parquet"):
        path.unlink()

    def of(asked=asked):
        return {block.title: block for block in answers_given(results, asked, run)}

    return of


def test_answers_are_counted_as_given_as_true_and_as_right_the_most_frequently_given_first(run, blocks):
    yes, left = ("closed", ["yes"], "yes"), ("open", ["left", "right"], "left")
    write(run.predictions("vqa_rad", 0), yes, yes, ("closed", ["no"], "yes"), left, left, ("open", ["ct"], "a"), ("closed", ["yes"], "b"))
    assert blocks()["VQA-RAD"].answers == (Answer("yes", 3, 3, 2), Answer("left", 2, 2, 2), Answer("a", 1, 0, 0), Answer("b", 1, 0, 0))


def test_the_most_frequent_answer_has_its_share_of_each_kind_of_question(run, blocks):
    no, left = ("closed", ["no"], "yes"), ("open", ["left"], "left")
    write(run.predictions("vqa_rad", 0), no, no, no, ("closed", ["yes"], "no"), left, ("open", [], "ct"), ("open", [], "ct"))
    assert blocks()["VQA-RAD"].concentrations == (
        Concentration("closed questions", 4, ("yes", 75.0), ("no", 75.0)),
        Concentration("open questions", 3, ("ct", pytest.approx(200 / 3)), ("left", pytest.approx(100 / 3))),
    )


def test_classes_are_counted_over_all_rows(run, blocks):
    write(run.predictions("vqa_rad", 0), ("", [], "blot"))
    assert blocks()["VQA-RAD"].concentrations == (Concentration("all rows", 1, ("blot", 100.0), ("", 0.0)),)


def test_the_seeds_that_left_predictions_are_counted_together(run, blocks, asked):
    write(run.predictions("vqa_rad", 0), ("closed", ["yes"], "yes"))
    write(run.predictions("vqa_rad", 1), ("closed", ["yes"], "yes"), ("closed", ["yes"], "no"))
    both, first = blocks()["VQA-RAD"], blocks(replace(asked, seeds=(0,)))["VQA-RAD"]
    assert (both.num_seeds, both.num_rows, both.answers[0]) == (2, 3, Answer("yes", 2, 3, 2))
    assert (first.num_seeds, first.num_rows) == (1, 1)


def test_no_more_answers_are_shown_than_fit(run, blocks):
    write(run.predictions("vqa_rad", 0), *(("open", ["left"], f"answer {number}") for number in range(NUM_ANSWERS + 4)))
    assert len(blocks()["VQA-RAD"].answers) == NUM_ANSWERS


def test_tasks_without_predictions_say_why_and_retrieval_is_left_out(blocks):
    found = blocks()
    assert list(found) == ["VQA-RAD", "SLAKE (English)", "VQA-Med-2019 (modality, plane, organ)", "MELINDA"]
    assert found["SLAKE (English)"].missing == "no predictions were written"
    assert "not found" in found["VQA-Med-2019 (modality, plane, organ)"].missing and "not among" in found["MELINDA"].missing


def test_the_page_shows_them(run, params, tmp_path):
    write_report(run, params, tmp_path / "report")
    page = re.sub(r' class="meter"|<span class="bar.*?</span>', "", (tmp_path / "report" / "index.html").read_text())
    assert "<td>left</td><td>26</td><td>40</td><td>26 (100.0%)</td>" in page  # of two seeds, every third of 20 answers is wrong
    assert "<td>right</td><td>14</td><td>0</td><td>0 (0.0%)</td>" in page and "40 answers of 2 seeds, " in page
