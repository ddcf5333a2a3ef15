import subprocess
from pathlib import Path

import pytest
import yaml

from m3ae.check import check
from m3ae.params import ParamsError

ROOT = Path(__file__).parents[1]


@pytest.fixture
def changed(parameters):
    """The project's parameters with some keys changed, checked."""

    def run(changes=None, **more):
        check(parameters.change({**(changes or {}), **more}), ROOT / "dvc.yaml")

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
        ({"maskratio": 0.5}, r"params.yaml: maskratio is not a parameter; did you mean mask_ratio\?; known here: .*mask_ratio"),
        (
            {"scales/demo.yaml:pretrain.stepz": 5},
            r"scales/demo.yaml: pretrain.stepz is not a parameter; did you mean steps\?; known here: .*steps",
        ),
        ({"scale": "paper", "scales/paper.yaml:pretrain.precision": "fp8"}, r"scales/paper.yaml: pretrain.precision = 'fp8'"),
        (
            {"deepspeed.offload_optimizer": "cpu"},
            r"deepspeed.offload_optimizer needs zero_stage 1 to 3; a recipe of .*demo.yaml has 0",
        ),
        (
            {"scale": "paper", "deepspeed.offload_parameters": "cpu"},
            r"offload_parameters needs zero_stage 3; a recipe of .*paper.yaml has 1",
        ),
        ({"scales/demo.yaml:pretrain.micro_batch": 7}, r"batch \d+ is not a multiple of micro_batch 7"),
        ({"scales/demo.yaml:model.fusion_heads": 5}, r"fusion_width \d+ is not a multiple of fusion_heads 5"),
        ({"scales/demo.yaml:model.image_px": 100}, r"scales/demo.yaml: model: image_px 100 is not a multiple of patch_px \d+"),
        ({"scale": "test", "scales/test.yaml:prepare.image_px": 16}, r"prepare.image_px 16 is smaller than the 32 px that a stage reads"),
        ({"objectives": {"mlm": 0, "mim": 0, "itm": 0}}, r"every objective is off"),
        ({"tasks": ["vqa_rad", "vqa_rad"]}, r"names something twice"),
        ({"tasks": []}, r"tasks = \[\]"),
        ({"pretrain_releases": ["rocco"]}, r"'rocco' is not known; did you mean roco\?; known: roco, rocov2, medicat, own"),
        ({"pretrained": "data/architecture"}, r"pretrained = 'data/architecture' holds no model"),
        ({"pretrained": "nowhere"}, r"pretrained = 'nowhere' holds no model; give one that `m3ae import` made"),
        (
            {"scale": "paper", "scales/paper.yaml:tokenizer.source": "train"},
            r"text_encoder = .roberta-base. .* name it as tokenizer.source, too",
        ),
        ({"scale": "paper", "scales/paper.yaml:model.vision_depth": 13}, r"scales/paper.yaml: model: .*vision_depth 13 \(it has 12\)"),
        ({"scale": "paper", "scales/paper.yaml:model.vision_encoder": "resnet18"}, r"vision_encoder = .resnet18. cannot be used"),
        ({"views": "twice"}, r"views = .twice.: .*.shared. or .separate."),
        ({"objectives.mlmm": 1}, r"params.yaml: objectives.mlmm is not a parameter; did you mean mlm\?"),
        ({"objectives": {"mlm": 1.0, "mim": 1.0}}, r"params.yaml: objectives.itm is missing; 0 turns it off"),
        ({"optimizer.weight_decai": 0.1}, r"params.yaml: optimizer.weight_decai is not a parameter; did you mean weight_decay\?"),
        ({"scales/demo.yaml:pretrain.weight_decay": 0.1}, r"pretrain.weight_decay stands in .*params.yaml: optimizer too; leave one"),
        ({"scales/demo.yaml:finetune.slack": {}}, r"scales/demo.yaml: finetune.slack is not a parameter; did you mean slake\?"),
        ({"scales/demo.yaml:finetune.slake.num_others": 3}, r"finetune.slake.num_others is not a parameter"),
        ({"scale": "papr"}, r"scale 'papr': there is no .*papr.yaml; known: demo, paper, test; did you mean paper\?"),
        ({"tasks": ["vqa_radd"]}, r"'vqa_radd' is not known; did you mean vqa_rad\?"),
        ({"scales/demo.yaml:finetune.every_task.image_px": 80}, r"image_px 80 of vqa_rad is not a multiple of patch_px 24"),
        ({"seed": -1}, r"seed = -1: .*allowed: >= 0 and < 4294967296"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(changed, changes, message):
    with pytest.raises(ParamsError, match=message):
        changed(changes)


def test_a_relative_untracked_folder_is_refused_in_a_queued_run(changed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path.parent))
    with pytest.raises(ParamsError, match="queued and temporary runs work in a copy"):
        changed(releases="mine/releases")


@pytest.mark.parametrize("releases", ["data/releases", "tracked/releases", "present"])
def test_what_dvc_makes_and_a_present_folder_are_fine_in_a_queued_run(changed, tmp_path, monkeypatch, releases):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path.parent))
    (tmp_path / "tracked.dvc").touch()
    (tmp_path / "present").mkdir()
    changed(releases=releases)


def test_an_absolute_folder_is_fine_in_a_queued_run_where_it_is_there(changed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path.parent))
    changed(releases=str(tmp_path))
    with pytest.raises(ParamsError, match="releases = .*nowhere': no such folder; give the one that holds roco"):
        changed(releases=str(tmp_path / "nowhere"))


@pytest.mark.parametrize("releases", ["x; touch PWNED #", "it's", 'a "b"', "$HOME", "My Drive (1)/x&y;z", "-rf", "é ü"])
def test_a_folder_may_have_any_name(changed, tmp_path, monkeypatch, releases):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParamsError, match="no such folder"):
        changed(releases=releases)
    (tmp_path / releases).mkdir(parents=True)
    changed(releases=releases)


def test_the_synthetic_releases_need_not_be_there_yet_however_their_folder_is_written(changed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for releases in ("data/releases", "./data/releases/", str(tmp_path / "data/releases")):
        changed(releases=releases)


def test_releases_within_the_synthetic_ones_are_refused_for_dvc_removes_those(changed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/releases/mine").mkdir(parents=True)
    with pytest.raises(ParamsError, match="releases = 'data/releases/mine' lies in data/releases, which DVC removes"):
        changed(releases="data/releases/mine")


def test_a_new_scale_is_a_file_and_nothing_else(changed, parameters):
    (parameters.path.parent / "scales/mine.yaml").write_text((ROOT / "scales/demo.yaml").read_text())
    changed({"scale": "mine", "scales/mine.yaml:pretrain.steps": 10})


def test_wrong_values_of_several_tasks_are_told_at_once(changed):
    with pytest.raises(ParamsError) as refused:
        changed({"scales/demo.yaml:finetune.slake.epochs": 0, "scales/demo.yaml:finetune.melinda.epochs": 0})
    assert len(str(refused.value).splitlines()) == 2


def test_every_wrong_value_is_told_at_once(changed):
    with pytest.raises(ParamsError) as refused:
        changed({"scales/demo.yaml:model.dropout": 2, "scales/demo.yaml:pretrain.steps": 0, "optimizer.warmup_share": 5})
    assert len(str(refused.value).splitlines()) == 3


def test_a_refusal_says_what_the_files_hold_now_and_how_to_put_it_back(changed, parameters):
    for command in ("init --quiet", "add .", "-c user.name=a -c user.email=b commit --quiet -m first"):
        subprocess.run(["git", *command.split()], cwd=parameters.path.parent, check=True)
    with pytest.raises(
        ParamsError, match="params.yaml differs from the last commit, .*`git checkout params.yaml` puts the committed values back"
    ):
        changed(mask_ratio=1.5)


def test_every_scale_has_the_same_keys():
    def keys(content: dict, prefix: str = "") -> set[str]:
        return {
            key for name, part in content.items() for key in (keys(part, f"{prefix}{name}.") if isinstance(part, dict) else {prefix + name})
        }

    demo, *others = (keys(yaml.safe_load((ROOT / f"scales/{scale}.yaml").read_text())) for scale in ("demo", "paper", "test"))
    assert all(other == demo for other in others)
