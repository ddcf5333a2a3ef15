from pathlib import Path

import pytest
import yaml

from m3ae.check import check
from m3ae.params import ParamsError

ROOT = Path(__file__).parents[1]


@pytest.fixture
def changed(tmp_path):
    """The project's params.yaml with some keys changed, checked."""

    def run(**changes):
        content = yaml.safe_load((ROOT / "params.yaml").read_text())
        for key, value in changes.items():
            *parents, last = key.split("__")
            block = content
            for parent in parents:
                block = block[parent]
            block[last] = value
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(content))
        check(path, ROOT / "dvc.yaml")

    return run


def test_the_projects_own_params_are_valid(changed):
    for scale in ("demo", "paper", "test"):
        changed(scale=scale)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mask_ratio": 1.0}, r"mask_ratio = 1.0: .*allowed: > 0 and < 1"),
        ({"mask_ratio": 0.99}, r"params.yaml: mask_ratio = 0.99 leaves none of \d+ patches \(allowed: > 0 and <= 0.9"),
        ({"mim_layer": 4}, r"mim_layer = 4: scale demo has 4 fusion layers \(allowed: -1 to 3\)"),
        ({"mlm_layer": -2}, r"mlm_layer = -2: .*allowed: >= -1"),
        ({"mim_decoder": "linear"}, r"mim_decoder = 'linear': .*'transformer' or 'mlp'"),
        ({"maskratio": 0.5}, r"maskratio is not a parameter; known here: .*mask_ratio"),
        ({"scales__demo__pretrain__stepz": 5}, r"scales.demo.pretrain.stepz is not a parameter; known here: .*steps"),
        ({"scales__paper__pretrain__precision": "fp8"}, r"scales.paper.pretrain.precision = 'fp8'"),
        (
            {"scales__demo__deepspeed__offload_optimizer": "cpu"},
            r"deepspeed.offload_optimizer needs zero_stage 1 to 3; a recipe here has 0",
        ),
        ({"scales__paper__deepspeed__offload_parameters": "cpu"}, r"deepspeed.offload_parameters needs zero_stage 3; a recipe here has 1"),
        ({"scales__demo__pretrain__micro_batch": 7}, r"batch \d+ is not a multiple of micro_batch 7"),
        ({"scales__demo__model__fusion_heads": 5}, r"fusion_width \d+ is not a multiple of fusion_heads 5"),
        ({"scales__demo__model__image_px": 100}, r"params.yaml: scales.demo.model: image_px 100 is not a multiple of patch_px \d+"),
        ({"scales__test__prepare__image_px": 16}, r"prepare.image_px 16 is smaller than the 32 px that a stage reads"),
        ({"objectives": {"mlm": 0, "mim": 0, "itm": 0}}, r"every objective is off"),
        ({"tasks": ["vqa_rad", "vqa_rad"]}, r"names something twice"),
        ({"tasks": []}, r"tasks = \[\]"),
        ({"pretrain_releases": ["rocco"]}, r"'roco', 'rocov2', 'medicat' or 'own'"),
        ({"pretrained": "nowhere"}, r"pretrained = 'nowhere' holds no model; give one that `m3ae import` made"),
        (
            {"scale": "paper", "scales__paper__tokenizer__source": "train"},
            r"text_encoder = .roberta-base. .* name it as tokenizer.source, too",
        ),
        ({"scale": "paper", "scales__paper__model__vision_depth": 13}, r"params.yaml: scales.paper.model: .*vision_depth 13 \(it has 12\)"),
        ({"scale": "paper", "scales__paper__model__vision_encoder": "resnet18"}, r"vision_encoder = .resnet18. cannot be used"),
        ({"views": "twice"}, r"views = .twice.: .*.shared. or .separate."),
        ({"seed": -1}, r"seed = -1: .*allowed: >= 0 and < 4294967296"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(changed, changes, message):
    with pytest.raises(ParamsError, match=message):
        changed(**changes)


def test_a_relative_untracked_folder_is_refused_in_a_queued_run(changed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path.parent))
    with pytest.raises(ParamsError, match="queued and temporary runs work in a copy"):
        changed(releases="mine/releases")


@pytest.mark.parametrize("releases", ["/data/releases", "data/releases", "tracked/releases", "present"])
def test_an_absolute_a_tracked_and_a_present_folder_are_fine_in_a_queued_run(changed, tmp_path, monkeypatch, releases):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path.parent))
    (tmp_path / "tracked.dvc").touch()
    (tmp_path / "present").mkdir()
    changed(releases=releases)


def test_in_the_main_repository_any_folder_may_be_named(changed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    changed(releases="mine/releases")
