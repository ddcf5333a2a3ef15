"""The ablation's rows -> its table: differences are taken seed by seed."""

import sys

import polars as pl
import pytest

from benchmarks import ablation
from benchmarks.ablation import REFERENCE, ROWS, collected, difference, metrics, name, write
from m3ae.disk.json import write_json
from tests.commands import call

AUTHOR = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org")
RUNS = [
    (REFERENCE, 0, {"QA mean": 50.0, "VQA-RAD": 40.0}),
    (REFERENCE, 1, {"QA mean": 60.0, "VQA-RAD": 50.0}),
    (REFERENCE, 2, {"QA mean": 70.0}),
    ("without MIM", 0, {"QA mean": 48.0, "VQA-RAD": 41.0}),
    ("without MIM", 1, {"QA mean": 58.5}),
    ("without MIM", 2, {}),
    ("image ratio 0.5", 3, {"QA mean": 90.0}),
]


def test_a_difference_is_taken_seed_by_seed_and_its_interval_is_students():
    table = collected(RUNS)
    gain = difference(table, "without MIM", "QA mean")
    assert gain.mean == -1.75 and gain.interval == pytest.approx((-1.75 - 12.706 * 0.25, -1.75 + 12.706 * 0.25), abs=1e-3)
    assert difference(table, "without MIM", "VQA-RAD") == (1.0, None)  # one seed says nothing of the others
    assert difference(table, "image ratio 0.5", "QA mean") is None  # no reference with its seed


def test_the_table_has_the_rows_that_ran_in_the_papers_order(tmp_path):
    write(collected(RUNS), tmp_path)
    lines = (tmp_path / "table.md").read_text().splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| as committed", "| image ratio 0.5", "| without MIM"]
    assert lines[4].startswith("| without MIM | 2 | 53.2 (-1.8; -4.9 to +1.4) | 41.0 (+1.0) | – |")
    assert (tmp_path / "ablation.png").stat().st_size > 5000 and len((tmp_path / "results.csv").read_text().splitlines()) == 10


def test_what_another_sitting_has_run_is_kept_and_not_run_again(tmp_path, monkeypatch):
    before = collected(RUNS).with_columns(commit=pl.lit("0123abcde"))
    write(before, tmp_path)
    started = []
    monkeypatch.setattr(ablation, "OUT", tmp_path)
    monkeypatch.setattr(ablation, "refuse_changes", lambda: None)
    monkeypatch.setattr(ablation, "run", lambda name, _settings: started.append(name))
    monkeypatch.setattr(ablation, "metrics", lambda name: {"QA mean": 80.0} if name in started else {})
    monkeypatch.setattr(sys, "argv", ["ablation", "--rows", "without MIM", "image ratio 0.5", "--seeds", "0"])
    ablation.main()
    assert started == ["ablation-image-ratio-05-seed0"]
    after = ablation.kept(tmp_path)
    assert after[: len(before)].equals(before) and after.rows()[-1][:4] == ("image ratio 0.5", 0, "QA mean", 80.0)


def test_an_experiments_scores_are_read_where_they_are_and_one_that_has_not_run_has_none(tmp_path, monkeypatch):
    write_json(tmp_path / "data/metrics/report.json", {"question_answering": {"pretrained": 60.0}, "mlm_gain_from_image": 28.5})
    for command in ("git init --quiet", "dvc init --quiet", "git add --all"):
        call(tmp_path, *command.split())
    call(tmp_path, "git", *AUTHOR, "commit", "--quiet", "--message", "A run")
    monkeypatch.chdir(tmp_path)
    assert metrics("HEAD") == {"QA mean": 60.0, "MLM gain from image": 28.5}
    assert metrics("ablation-without-mim-seed0") == {}


def test_every_row_has_a_name_of_its_own_that_git_takes():
    names = [name(row, seed) for row in ROWS for seed in (0, 1)]
    assert len(set(names)) == len(names) and all(part.isalnum() for one in names for part in one.split("-") if part)
