"""The guesses' runs: settings that differ from the reference in what the guess says; metrics -> table."""

import pytest

from benchmarks.guesses import GUESSES, PRETRAINED_TEXT, REFERENCE, base, markdown, metrics, name, with_text_encoder, write
from m3ae.disk.json import write_json

PRETRAIN = {"mlm": {"accuracy": 0.186, "accuracy_shuffled_image": 0.174}, "itm": {"accuracy": 0.594}}


@pytest.fixture
def ran(monkeypatch):
    files = {"pretrain": PRETRAIN, "controls": {"vqa_med_2019": {"chosen": {"linear_probe": {"validation": 44.0}}}}}
    monkeypatch.setattr("benchmarks.guesses.read", lambda experiment, path: files.get(path.removeprefix("data/metrics/")[:-5], {}))


def test_each_guess_but_the_reference_changes_something_and_has_a_name_of_its_own():
    assert not GUESSES[REFERENCE] and all(settings for row, settings in GUESSES.items() if row != REFERENCE)
    assert len({name(row) for row in (*GUESSES, PRETRAINED_TEXT)}) == len(GUESSES) + 1


def test_a_text_encoder_brings_its_sizes(tmp_path):
    write_json(tmp_path / "config.json", {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12})
    set_to = dict(setting.removeprefix("scales/small.yaml:").split("=") for setting in with_text_encoder(tmp_path))
    assert set_to["model.text_encoder"] == set_to["tokenizer.source"] == str(tmp_path)
    assert [set_to[f"model.text_{size}"] for size in ("width", "depth", "heads")] == ["384", "6", "12"]


def test_guesses_are_scored_on_one_task_with_one_seed(tmp_path):
    assert {"tasks=[vqa_med_2019]", "seeds=[0]", "drop_leaks=true", f"releases={tmp_path}"} <= set(base(tmp_path))


def test_scores_are_percent_of_validation_and_what_has_not_run_is_left_open(ran, tmp_path):
    row = metrics(REFERENCE)
    assert row == pytest.approx({"MLM, own image": 18.6, "MLM, other image": 17.4, "ITM": 59.4, "Linear probe": 44.0})
    write({REFERENCE: row, PRETRAINED_TEXT: {}}, tmp_path)
    assert (tmp_path / "guesses.md").read_text().splitlines()[2:] == [f"| {REFERENCE} | 18.6 | 17.4 | 59.4 | 44.0 | – | – |"]
    assert markdown({}).count("\n") == 2
