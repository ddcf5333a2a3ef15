"""A task that was added to the registry, of which nothing has been published: the report shows it without being told of it."""

from dataclasses import replace

import polars
import pytest

from m3ae.disk.json import write_json
from m3ae.evaluate.predictions import judged
from m3ae.report import page
from m3ae.report.benchmark import BENCHMARK, Entry
from m3ae.report.measured import result
from m3ae.report.published import Published
from m3ae.report.tables import markdown
from m3ae.tasks import Task

KNOWN_KIND = Entry("teeth", "Questions on teeth", Task("Questions on teeth", "own", "answer", "vqa"))
NEW_KIND = Entry("organs", "Organ outlines", Task("Organ outlines", "own", "outline", "none"))
MEASURED = {"found": True, "synthetic": False, "seed": 0, "test_rows": 50}


@pytest.fixture
def added(run):
    """The made-up run, with a seed of both tasks."""
    answers = {"pretrained": {"overall": 60.0}, "scratch": {"overall": 52.0}, "majority": {"overall": 40.0}}
    outlines = {"pretrained": {"overall": 70.0, "dice": {"left_lung": 81.5}}, "scratch": {"overall": 50.0, "dice": {"left_lung": 80.0}}}
    write_json(run.data / "metrics" / "evaluate" / "teeth-0.json", MEASURED | answers)
    write_json(run.data / "metrics" / "evaluate" / "organs-0.json", MEASURED | outlines | {"majority": {"dice": {"left_lung": 12.0}}})
    return run


@pytest.fixture
def write(added, params, tmp_path, monkeypatch):
    """Write the report on the benchmark with both tasks; return the summary, the page and the table."""
    monkeypatch.setattr(page, "BENCHMARK", (*BENCHMARK, KNOWN_KIND, NEW_KIND))
    monkeypatch.setattr(page, "curve_pictures", lambda *_: [])  # which no test here looks at, and which take seconds

    def of(*tasks):
        numbers = page.write_report(added, params | {"tasks": tasks}, tmp_path / "report")
        return numbers, *((tmp_path / "report" / name).read_text() for name in ("index.html", "table.md"))

    return of


def test_a_task_without_published_numbers_has_rows_of_what_was_measured(added, asked):
    found = result(KNOWN_KIND, replace(asked, tasks=("teeth",), seeds=(0,)), added)
    assert KNOWN_KIND.published == Published() and [row.score for row in found.rows] == ["overall"]
    [row] = found.rows
    assert (row.num_rows, row.pretrained.mean, row.gain, row.reference, row.paper, row.released) == (50, 60.0, 8.0, 40.0, None, ())


def test_a_new_kind_of_task_shows_every_score_of_its_metrics(added, asked):
    found = result(NEW_KIND, replace(asked, tasks=("organs",), seeds=(0,)), added)
    assert NEW_KIND.scores == () and sorted(row.score for row in found.rows) == ["dice.left_lung", "overall"]
    row = found.row("dice.left_lung")
    assert (row.pretrained.mean, row.scratch.mean, row.gain, row.reference) == (81.5, 80.0, 1.5, 12.0)


def test_page_table_and_summary_hold_both(write):
    numbers, shown, table = write("teeth", "organs")
    assert numbers["tasks"]["teeth"] == {"pretrained": 60.0, "scratch": 52.0, "gain": 8.0}
    assert numbers["tasks"]["organs"] == {"pretrained": 70.0, "scratch": 50.0, "gain": 20.0}
    assert "**Questions on teeth**" in table and "| dice left lung |" in table
    assert "Questions on teeth" in shown and "<td>dice left lung</td>" in shown


def test_neither_is_shown_where_it_was_not_asked_for_and_published_scores_are(write):
    _, shown, table = write("vqa_rad")
    for text in (shown, table):
        assert not any(entry.title in text for entry in (KNOWN_KIND, NEW_KIND))
        assert any("MELINDA" in line and "not among the tasks" in line for line in text.splitlines())


def test_predictions_in_the_form_of_another_kind_have_cards(added, write):
    row = {"id": "q", "image_id": "image", "texts": ["which tooth?"], "answers": ["canine"], "answer_kind": ""}
    for entry in (KNOWN_KIND, NEW_KIND):
        path = added.predictions(entry.name, 0)
        path.parent.mkdir(parents=True)
        polars.DataFrame([judged(row, [("canine", 0.75)])]).write_parquet(path)
    assert write("teeth", "organs")[1].count("<dd>canine</dd>") == 2 * len(("truth", "prediction"))


def test_predictions_of_a_form_of_their_own_leave_the_task_without_cards(added, write):
    path = added.predictions("organs", 0)
    path.parent.mkdir(parents=True)
    polars.DataFrame({"image_id": ["image"], "outline": ["M 0 0 L 1 1"]}).write_parquet(path)
    assert "no cards for predictions of the kind “outline”" in write("organs")[1]


def test_the_readmes_table_keeps_its_shape_where_a_task_has_no_score(added, asked):
    results = [result(entry, asked, added) for entry in (KNOWN_KIND, NEW_KIND)]
    lines = [line for line in markdown(results, "", "").splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 2 and len({line.count(" | ") for line in lines}) == 1
