"""Prepared shards and a pre-trained model in, scores and predictions out; in one process."""

import json

import numpy as np
import polars
import pytest

from m3ae.evaluate import controls as module
from m3ae.evaluate.classifiers import CONTROLS
from m3ae.evaluate.controls import controls
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.saved import saved_learner
from m3ae.shards.write import write_absent
from tests import tiny
from tests.evaluate.conftest import Split
from tests.evaluate.test_stage import save, write_shards

QUESTIONS, KINDS = ("is there a mass", "which lung"), ("closed", "open")


class Scans(Split):
    """Two questions on each scan, which is dark or bright; one is about the brightness, the other's answer is always the same."""

    def __init__(self, num_scans: int, right: str = ""):
        self.bright = [scan % 2 == 1 for scan in range(num_scans)]
        told = [("yes" if bright else "no", "left") for bright in self.bright]
        answers = [[right or answer] for pair in told for answer in pair]
        super().__init__(QUESTIONS * num_scans, answers, KINDS * num_scans)

    def pixels(self, number: int) -> np.ndarray:
        scan = number // 2
        return np.random.default_rng((len(self), scan)).integers(0, 56, (32, 32, 1), np.uint8) + np.uint8(200 * self.bright[scan])


@pytest.fixture
def pretrained(tmp_path, sizes, tokenizer):
    folder = tmp_path / "elsewhere" / "model"
    save(folder, sizes, pretraining_learner(sizes, tiny.ALL_ON, seed=0).state_dict(), tokenizer)
    return folder


@pytest.fixture
def run(tmp_path, pretrained):
    """Write the shards of a task and return its figures."""

    def of(out="out", **splits):
        write_shards(tmp_path / "shards" / "slake", ["left", "no", "yes"], **splits)
        return controls(["slake", "roco_retrieval"], tmp_path / "shards", pretrained, tmp_path / out)

    return of


def predictions(folder):
    return {name: polars.read_parquet(folder / "slake" / f"{name}.parquet") for name in CONTROLS}


def test_every_control_of_a_task_that_gives_answers_is_scored_from_predictions_that_are_written(run, tmp_path):
    figures = run(train=Scans(40), validation=Scans(10), test=Scans(12))
    assert list(figures) == ["slake"] and figures["slake"].keys() == {"found", "synthetic", "chosen", *CONTROLS}
    for name, table in predictions(tmp_path / "out").items():
        assert figures["slake"][name]["overall"] == pytest.approx(100 * table["score"].mean())
        assert table["id"].to_list() == [f"q{number}" for number in range(24)] and table["truth"].to_list() == Scans(12).answers


def test_a_question_that_needs_the_image_is_answered_by_joint_features_alone(run):
    figures = run(train=Scans(40), validation=Scans(10), test=Scans(12))["slake"]
    assert figures["question_only"] == {"overall": 75.0, "open": 100.0, "closed": 50.0}
    assert figures["image_only"]["overall"] == 50.0  # of the two questions on a scan it knows nothing
    assert figures["linear_probe"] == {"overall": 100.0, "open": 100.0, "closed": 100.0}


def test_test_answers_reach_no_prediction(run, tmp_path):
    honest = run("honest", train=Scans(20), validation=Scans(6), test=Scans(12))
    poisoned = run("poisoned", train=Scans(20), validation=Scans(6), test=Scans(12, right="poison"))
    given, other = predictions(tmp_path / "honest"), predictions(tmp_path / "poisoned")
    for name in CONTROLS:
        columns = ["id", "prediction", "best", "best_scores"]
        assert given[name].select(columns).equals(other[name].select(columns))
        assert honest["slake"][name]["overall"] > 0 == poisoned["slake"][name]["overall"]
    assert honest["slake"]["chosen"] == poisoned["slake"]["chosen"]


def test_training_answers_reach_every_prediction(run, tmp_path):
    run(train=Scans(20, right="no"), validation=Scans(6), test=Scans(12))
    assert "fewer than two different answers" in json.loads((tmp_path / "out" / "slake" / "absent.json").read_text())["reason"]


def test_each_process_fits_its_share_of_the_classifiers(run, monkeypatch):
    shares = []
    monkeypatch.setattr(module, "process_share", lambda: slice(1, None, 2))
    monkeypatch.setattr(module, "gathered", lambda share: shares.append(len(share)) or share * 2)
    figures = run(train=Scans(20), validation=Scans(6), test=Scans(6))["slake"]
    assert shares == [2] and figures.keys() > CONTROLS.keys()


def test_where_no_task_gives_answers_there_is_an_empty_folder(pretrained, tmp_path):
    assert controls(["roco_retrieval"], tmp_path / "shards", pretrained, tmp_path / "out") == {}
    assert list((tmp_path / "out").iterdir()) == []


def test_without_a_validation_split_training_images_choose_the_settings(run):
    assert run(train=Scans(40), test=Scans(12))["slake"]["linear_probe"]["overall"] == 100.0


@pytest.mark.parametrize("reason", ["the release was not found", "the model was not pre-trained", "the test split has no rows"])
def test_without_controls_the_reason_is_given(tmp_path, sizes, tokenizer, run, pretrained, reason):
    if "release" in reason:
        write_absent(tmp_path / "shards" / "slake", "slake")
        figures = controls(["slake"], tmp_path / "shards", pretrained, tmp_path / "out")
    elif "test" in reason:
        figures = run(train=Scans(4))
    else:
        config = sizes.model_copy(update={"objectives": ("answer",), "num_labels": 2})
        save(pretrained, config, saved_learner(config).state_dict(), tokenizer)
        figures = run(train=Scans(4), test=Scans(4))
    assert figures["slake"]["found"] is False and figures["slake"]["reason"].startswith(reason)
    assert json.loads((tmp_path / "out" / "slake" / "absent.json").read_text()) == figures["slake"]
