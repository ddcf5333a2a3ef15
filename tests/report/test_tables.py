import pytest

from m3ae.releases.catalogue import CATALOGUE
from m3ae.report import tables
from m3ae.report.benchmark import BENCHMARK
from m3ae.report.measured import result
from tests.report.conftest import PARAMS


@pytest.fixture
def results(run, asked):
    return [result(entry, asked, run) for entry in BENCHMARK if entry.is_shown(asked.tasks)]


@pytest.fixture
def table(results):
    return tables.markdown(results, "", tables.protocol(PARAMS))


def line_with(text, *parts):
    return next(line for line in text.splitlines() if all(part in line for part in parts))


def test_a_row_holds_ours_the_guess_and_the_published_numbers(table):
    cells = [cell.strip().replace(tables.DASH, "-") for cell in line_with(table, "**VQA-RAD**").strip("|").split("|")]
    ours = ["overall", "400", "72.0 ± 2.8 (43.3-81.9)", "60.5 ± 0.7 (23.6-76.4)", "+11.5 (−7.0 to +35.1)", "31.2"]
    assert cells[1:] == [*ours, "77.01", "77.4, 76.9, 76.7"]


def test_a_published_score_that_nobody_else_prints_is_marked(table):
    assert "| 83.46 |" in table and "| 67.23 |" in table and "79.87†" in table and "† The paper's, found in no other source" in table


def test_the_table_says_under_which_protocol_its_scores_stand_and_what_was_chosen_otherwise(table):
    assert "Scores are percent. Protocol: `strict`, but `drop_leaks: false` (m3ae/protocol.py)." in table
    assert tables.protocol(PARAMS | {"drop_leaks": "by_protocol", "protocol": "paper"}) == "Protocol: `paper`"


def test_every_table_line_has_as_many_cells_as_the_header(table):
    lines = [line for line in table.splitlines() if line.startswith("|")]
    assert {line.count(" | ") for line in lines} == {len(tables.COLUMNS) - 1} and len(lines) == 2 + 3 + 3 + 1 + 1 + 2 * 6


def test_absent_tasks_are_rows_that_say_why(table):
    assert "release vqa_med_2019 not found under data/releases" in line_with(table, "VQA-Med-2019", "79.87†")
    assert "not among the tasks" in line_with(table, "MELINDA", "78.50†")


def test_footnotes_tell_about_validation_pairs_and_the_interval(table):
    assert "takes those “test” pairs from the validation split" in table
    assert "95% interval over the test images" in table and "leaves the luck of training out" in table


def test_the_banner_stands_first_and_says_whether_all_or_part_is_synthetic(results):
    warning = tables.banner([True, True])
    assert warning.startswith("SYNTHETIC DATA: these scores say that the pipeline works, not how good the method is.")
    assert tables.markdown(results, warning, "").startswith(f"**{warning}**")
    assert tables.banner([True, False]).startswith("PARTLY SYNTHETIC DATA")
    assert tables.banner([False]) == tables.banner([]) == ""


def test_the_data_table_has_a_row_for_every_release(run, asked, table):
    rows = {row.title: row for row in tables.data_rows(run, asked)}
    assert len(rows) == len(CATALOGUE) and rows["Own pairs"].missing.startswith("not prepared")
    assert rows["VQA-Med-2019"].missing == "not found under data/releases" and rows["MELINDA"].missing.startswith("not prepared")
    assert (rows["VQA-RAD"].read, rows["VQA-RAD"].kept, rows["VQA-RAD"].answers) == (1010, 1000, 61)
    assert rows["ROCO"].splits == (("train", 800), ("validation", 100), ("test", 100))
    assert rows["ROCO"].dropped == (("text too short", 7), ("unreadable", 3))


def test_the_audit_names_the_held_out_splits_of_which_something_was_found(run):
    counts = run.metrics("leaks")
    assert tables.leak_rows(counts) == [
        tables.LeakRow("VQA-RAD", "test", "pre-training data", same=7, near=1),
        tables.LeakRow("VQA-RAD", "test", "the task's own training split", same=184, texts=13),
    ]
    assert tables.leak_rows(None) is None


def test_a_task_without_published_scores_is_shown_where_it_is_asked_for(asked):
    assert [entry.name for entry in BENCHMARK if not entry.is_shown(asked.tasks)] == ["path_vqa", "own_vqa", "own_classification"]
    assert all(entry.is_shown(["path_vqa", "own_vqa", "own_classification"]) for entry in BENCHMARK)
