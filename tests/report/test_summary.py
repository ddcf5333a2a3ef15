import json

import pytest

from m3ae.disk.json import write_json
from m3ae.evaluate.intervals import mean_interval
from m3ae.report.benchmark import BENCHMARK
from m3ae.report.measured import result
from m3ae.report.summary import headlines, summary


def summed(run, asked):
    results = [result(entry, asked, run) for entry in BENCHMARK]
    return summary(results, run.metrics("pretrain"), run.metrics("zero_shot"))


def test_question_answering_is_the_mean_over_the_tasks_that_are_there(run, asked):
    means = summed(run, asked)["question_answering"]
    assert (means["pretrained"], means["scratch"], means["gain"]) == (76.25, 65.75, 10.5)  # of 72 and 80.5, of 60.5 and 71


def test_the_means_have_intervals_where_every_task_has(run, asked):
    rows = [result(entry, asked, run).row("overall") for entry in BENCHMARK[:2]]
    gain = mean_interval([row.gain for row in rows], [row.gain_interval for row in rows])
    assert summed(run, asked)["question_answering"]["intervals"]["gain"] == {"low": gain.low, "high": gain.high}
    run.predictions("slake", 1, "scratch").unlink()
    assert summed(run, asked)["question_answering"]["intervals"].keys() == {"pretrained"}


def test_zero_shot_recall_is_set_against_chance(run, asked):
    assert summed(run, asked)["retrieval_zero_shot"]["r1_times_chance"] == {"text_to_image": 16.0, "image_to_text": 12.5}


def test_what_the_image_brings_is_in_points_and_what_reconstruction_brings_in_percent(run, asked):
    numbers = summed(run, asked)
    assert numbers["mlm_gain_from_image"] == pytest.approx(13.5)
    assert numbers["mim_gain_over_zero_percent"] == pytest.approx(25.0)


def test_each_task_that_is_there_has_its_scores_and_no_other_has_a_key(run, asked):
    tasks = summed(run, asked)["tasks"]
    assert sorted(tasks) == ["roco_retrieval", "slake", "vqa_rad"]
    assert {name: tasks["vqa_rad"][name] for name in ("pretrained", "scratch", "gain")} == {
        "pretrained": 72.0,
        "scratch": 60.5,
        "gain": 11.5,
    }
    assert tasks["roco_retrieval"]["image_to_text"] == {"pretrained": 11.0, "scratch": 1.0, "gain": 10.0}


def test_a_gain_has_its_paired_interval_and_what_gives_answers_the_same_on_validation(run, asked):
    rows = [result(entry, asked, run).row("overall") for entry in BENCHMARK[:1]]
    assert summed(run, asked)["tasks"]["vqa_rad"]["gain_interval"] == rows[0].gain_interval._asdict()
    assert "validation" not in summed(run, asked)["tasks"]["vqa_rad"]
    for seed in (0, 1):
        path = run.data / f"metrics/evaluate/vqa_rad-{seed}.json"
        scored = {"pretrained": {"overall": 50.0 + seed}, "scratch": {"overall": 40.0}}
        write_json(path, json.loads(path.read_text()) | {"validation": scored})
    assert summed(run, asked)["tasks"]["vqa_rad"]["validation"] == {"pretrained": 50.5, "scratch": 40.0, "gain": 10.5}


def test_nothing_measured_is_an_empty_summary_and_says_so_in_the_headlines(nothing, asked):
    assert summed(nothing, asked) == {}
    assert [headline.value for headline in headlines({})] == ["", "", "", ""]


def test_a_loss_in_place_of_a_gain_keeps_its_sign():
    assert headlines({"mlm_gain_from_image": -1.25})[2].value == "\N{MINUS SIGN}1.2 points"


@pytest.mark.parametrize("absent", ["mlm", "mim"])
def test_an_objective_of_weight_0_has_no_number(run, absent):
    content = {name: part for name, part in run.metrics("pretrain").items() if name != absent}
    assert not any(name.startswith(absent) for name in summary([], content, None))
