from dataclasses import replace
from math import sqrt

import polars
import pytest

from m3ae.disk.json import write_json
from m3ae.evaluate.intervals import gain_interval, score_interval
from m3ae.evaluate.items import items
from m3ae.report.benchmark import BENCHMARK
from m3ae.report.inputs import Inputs
from m3ae.report.measured import result

BY_NAME = {entry.name: entry for entry in BENCHMARK}


def measured(run, name, asked):
    return result(BY_NAME[name], asked, run)


def test_scores_are_means_over_seeds_with_their_sample_deviation(run, asked):
    row = measured(run, "vqa_rad", asked).row("overall")
    assert (row.pretrained.mean, row.scratch.mean, row.gain) == (72.0, 60.5, 11.5)
    assert row.pretrained.deviation == pytest.approx(sqrt(8)) and row.pretrained.num_runs == 2
    assert row.reference == 31.25


def test_one_seed_has_no_deviation(run, asked):
    row = measured(run, "vqa_rad", replace(asked, seeds=(0,))).row("overall")
    assert row.pretrained.mean == 70.0 and row.pretrained.deviation is None


def test_intervals_are_those_of_the_predictions_of_every_seed(run, asked):
    row = measured(run, "vqa_rad", asked).row("closed")
    ours, theirs = ([closed(run.predictions("vqa_rad", seed, start)) for seed in (0, 1)] for start in ("pretrained", "scratch"))
    assert row.pretrained.interval == score_interval(ours) and row.scratch.interval == score_interval(theirs)
    assert row.gain_interval == gain_interval(ours, theirs) and row.gain_interval.low < 0  # from scratch every closed one is right


def closed(path):
    return items(polars.read_parquet(path))["closed"]


def test_a_seed_without_predictions_leaves_the_mean_without_an_interval(run, asked):
    run.predictions("vqa_rad", 1, "scratch").unlink()
    row = measured(run, "vqa_rad", asked).row("overall")
    assert row.pretrained.interval and row.scratch.interval is None and row.gain_interval is None and row.gain == 11.5


def test_zero_shot_recalls_have_an_interval_and_no_gain(run, asked):
    row = measured(run, "zero_shot", asked).row("text_to_image.r5")
    assert row.pretrained.interval.high == pytest.approx(100) and row.scratch is row.gain_interval is None


def test_open_and_closed_rows_are_counted_in_the_predictions(run, asked):
    found = measured(run, "slake", asked)
    assert [found.row(score).num_rows for score in ("overall", "open", "closed")] == [400, 10, 10]


def test_chance_in_retrieval_may_be_stated_once_or_for_each_direction(run, asked):
    assert measured(run, "roco_retrieval", asked).row("image_to_text.r5").reference == 1.953125
    assert measured(run, "zero_shot", asked).row("image_to_text.r1").reference == 0.4
    assert measured(run, "zero_shot", asked).row("text_to_image.r1").reference == 0.390625


def test_a_release_that_is_not_there_is_named_and_keeps_its_published_rows(run, asked):
    absent = measured(run, "vqa_med_2019", asked)
    assert absent.missing == "release vqa_med_2019 not found under data/releases"
    assert absent.row("overall").pretrained is None and absent.row("overall").paper.value == 79.87


def test_a_task_that_was_not_asked_for_is_not_read(run, asked):
    assert measured(run, "melinda", asked).missing.startswith("not run")
    assert measured(run, "slake", replace(asked, tasks=())).row("overall").pretrained is None


def test_a_missing_seed_is_remarked(run, asked):
    assert measured(run, "roco_retrieval", asked).remark == "seed 1: no metric file"


def test_a_metric_file_that_was_never_written_is_said(nothing, asked):
    assert measured(nothing, "vqa_rad", asked).missing == "not measured: no metric file"
    assert measured(nothing, "zero_shot", asked).missing == "not measured: no metric file"


def test_a_reason_that_the_stage_gave_is_repeated(run, asked):
    write_json(run.data / "metrics" / "zero_shot.json", {"found": False, "reason": "matching was off"})
    assert measured(run, "zero_shot", asked).missing == "not measured: matching was off"


def test_a_broken_metric_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "broken.json").write_text("{")
    with pytest.raises(SystemExit, match=r"broken\.json: not JSON"):
        Inputs(tmp_path).metrics("broken")
