import pytest
import torch

from m3ae.model.config import load_config
from m3ae.model.folder import load_weights, save_model
from m3ae.model.vision import resize_positions
from m3ae.objectives.build import fill, pretraining_learner

WEIGHTS = {"mlm": 1.0, "mim": 1.0, "itm": 1.0}


@pytest.fixture
def folder(learner, config, tmp_path):
    tokenizer = tmp_path / "tokenizer"
    tokenizer.mkdir()
    (tokenizer / "tokenizer.json").write_text("{}")
    save_model(tmp_path / "model", config, dict(learner.named_parameters()), tokenizer, "# A card")
    return tmp_path / "model"


def test_a_saved_model_comes_back(folder, config, learner):
    assert load_config(folder) == config
    again = pretraining_learner(config, WEIGHTS, seed=5)
    fill(again, load_weights(folder))
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), learner.parameters(), strict=True))


def test_another_models_folder_lends_its_tokenizer_alone(folder, config, learner, tmp_path):
    zeros = {name: torch.zeros_like(parameter) for name, parameter in learner.named_parameters()}
    save_model(tmp_path / "second", config, zeros, folder, "")
    assert (tmp_path / "second" / "tokenizer.json").is_file()
    assert not any(tensor.any() for tensor in load_weights(tmp_path / "second").values())


def test_positions_are_resized_to_the_learners_image_size(folder, config):
    larger = pretraining_learner(config.at(64, 9), WEIGHTS, seed=0)
    fill(larger, load_weights(folder), part="backbone.")
    expected = resize_positions(load_weights(folder)["backbone.vision.positions"], 64)
    assert torch.equal(larger.backbone.vision.positions.data, expected)


def test_missing_surplus_and_misshapen_tensors_are_named(folder, learner):
    weights = load_weights(folder)
    missing = {name: tensor for name, tensor in weights.items() if name != "objectives.itm.head.bias"}
    with pytest.raises(ValueError, match=r"do not fit the model: objectives\.itm\.head\.bias"):
        fill(learner, missing)
    with pytest.raises(ValueError, match="surplus"):
        fill(learner, {**weights, "surplus": torch.zeros(1)})
    with pytest.raises(ValueError, match=r"objectives\.itm\.head\.bias"):
        fill(learner, {**weights, "objectives.itm.head.bias": torch.zeros(3)})


def test_a_folder_without_a_model_says_what_to_run(tmp_path):
    with pytest.raises(SystemExit, match="run `dvc repro pretrain`"):
        load_config(tmp_path)
