"""Model folders from strangers: nothing that they name is fetched, opened or run, and sizes that cannot be are refused."""

import json
import socket

import pytest

from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.model.config import load_config
from m3ae.model.folder import save_model
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.saved import loaded_learner
from tests import tiny

VIT = {"model_name": "vit_tiny_patch16_224"}


@pytest.fixture
def folder(tmp_path):
    """A folder as `import` and hubs have them, without digests."""
    train(["a mass in the left lung"], 300).save_pretrained(tmp_path / "words")
    config = tiny.config(tiny.model(), len(Tokenizer.load(tmp_path / "words")))
    learner = pretraining_learner(config, tiny.ALL_ON, seed=0)
    described = config.model_copy(update={"text": learner.backbone.text.transformer.config.to_diff_dict()})
    save_model(tmp_path / "model", described, learner.state_dict(), tmp_path / "words", "")
    (tmp_path / "model" / "digests.json").unlink()
    return tmp_path / "model"


def change(folder, part, **values):
    path = folder / "config.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    (content[part] if part else content).update(values)
    path.write_text(json.dumps(content), encoding="utf-8")


def use(folder):
    return loaded_learner(folder, load_config(folder))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_folder_without_digests_is_accepted(folder):
    use(folder)
    Tokenizer.load(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"auto_map": {"AutoConfig": "evil.C"}, "trust_remote_code": True},
        {"_attn_implementation": "evil/kernel"},
        {"attn_implementation": "evil/kernel:x"},
        {"quantization_config": {"quant_method": "evil"}, "dtype": "float16"},
    ],
)
def test_settings_of_the_text_encoder_that_shape_nothing_are_dropped(folder, values):
    change(folder, "text", **values)
    assert not values.keys() & load_config(folder).text.keys()
    assert use(folder).backbone.text.transformer.config._attn_implementation in ("sdpa", "eager")


@pytest.mark.parametrize(
    "values", [{"pretrained": True, "pretrained_cfg": {"url": "http://127.0.0.1:9/evil.pth"}}, {"checkpoint_path": "/etc/passwd"}]
)
def test_where_a_vision_encoder_came_from_is_dropped(folder, values):
    change(folder, "", vision={**VIT, **values})
    assert load_config(folder).vision == VIT


@pytest.mark.parametrize(
    ("part", "values", "message"),
    [
        ("", {"vision": {"model_name": "hf-hub:evil/x"}}, "not a name of timm's list"),
        ("", {"vision": {"model_name": "local-dir:/etc"}}, "not a name of timm's list"),
        ("", {"vision": {**VIT, "features_only": True}}, "features_only: not among the arguments"),
        ("", {"vision": {**VIT, "norm_layer": "evil/x:y"}}, "no name of a layer"),
        ("", {"vision": {**VIT, "depth": 10**6}}, "depth = 1000000: no size of a model"),
        ("model", {"vision_encoder": "local-dir:/etc"}, "without describing it"),
        ("", {"text": None, "model": {**tiny.model().model_dump(), "text_encoder": "evil/x"}}, "without describing it"),
        ("text", {"model_type": "gpt2"}, "the text encoder is one of bert, roberta"),
        ("text", {"hidden_act": "evil"}, "no model can be built from it"),
        ("text", {"num_hidden_layers": 10**6}, "no size of a model"),
        ("model", {"fusion_depth": 10**6}, "fusion_depth = 1000000"),
        ("model", {"fusion_width": 10**6}, "fusion_width = 1000000"),
        ("model", {"fusion_width": 8192}, "the weights are not those of a model of its config.json's sizes"),
        ("model", {"fusion_heads": 3}, "not a multiple"),
        ("model", {"text_tokens": 10**12}, "text_tokens"),
        ("", {"vocabulary": 10**12}, "vocabulary"),
        ("", {"num_labels": -1}, "num_labels = -1"),
        ("", {"objectives": ["../../x"]}, "no model can be built from it"),
        ("method", {"mim_layer": 99}, "mim_layer = 99"),
        ("", {"surprise": 1}, "surprise"),
    ],
)
def test_what_no_model_of_this_project_has_is_one_line_that_names_the_file(folder, part, values, message):
    change(folder, part, **values)
    with pytest.raises(SystemExit, match=message) as error:
        use(folder)
    assert str(error.value).startswith(str(folder)) and "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_a_cut_file_is_one_line_that_names_it(folder, name, share):
    path = folder / name
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(SystemExit, match=name.split("_")[0]) as error:
        use(folder)
        Tokenizer.load(folder)
    assert str(error.value).startswith(str(folder)) and "\n" not in str(error.value)
