"""What names a resumable state: its stage's own deps and params in dvc.yaml, and the versions of packages."""

import shutil
from pathlib import Path

import pytest

from m3ae.disk.identity import Identity, code_digest
from tests.parameters import ROOT, Parameters

PIPELINE = """
stages:
  pretrain:
    cmd: python
    deps: [m3ae/model, data/shards, data/tokenizer]
    params:
      - mask_ratio
      - optimizer
      - scales/${scale}.yaml:
          - model
  prepare:
    foreach: {roco: pretrain/roco, own: pretrain/own}
    do:
      cmd: python
      deps: ["data/inventory/${key}.json"]
  finetune:
    matrix: {task: [slake]}
    cmd: python
    deps: ["${pretrained}"]
    params:
      - scales/${scale}.yaml:
          - finetune.${item.task}
"""
FILES = {
    "m3ae/model/fusion.py": "code",
    "m3ae/model/__pycache__/fusion.pyc": "compiled",
    "m3ae/report/tables.py": "code",
    "data/shards/roco/manifest.json": "digests",
    "data/shards/roco/train-00000.arrow": "rows",
    "data/tokenizer/vocab.json": "tokens",
    "data/inventory/roco.json": "files",
    "data/inventory/own.json": "others",
    "data/pretrain/config.json": "{}",
    "params.yaml": "scale: demo\nmask_ratio: 0.75\npretrained: data/pretrain\noptimizer: {weight_decay: 0.01}\nseed: 0\n",
    "scales/demo.yaml": "model: {depth: 3}\npretrain: {steps: 9}\nfinetune: {slake: {epochs: 1}, melinda: {epochs: 2}}\n",
    "dvc.yaml": PIPELINE,
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pretrain(packages=("pyyaml",)) -> Identity:
    return Identity.of("pretrain", packages)


def test_it_holds_the_declared_parameters_and_files_and_nothing_else(project):
    found = pretrain()
    assert found.parameters == {"mask_ratio": 0.75, "optimizer.weight_decay": 0.01, "scales/demo.yaml:model.depth": 3}
    assert set(found.files) == {"m3ae/model/fusion.py", "data/shards/roco/manifest.json", "data/tokenizer/vocab.json"}
    assert set(found.versions) == {"pyyaml"}


@pytest.mark.parametrize(
    ("file", "content", "is_another"),
    [
        ("m3ae/report/tables.py", "code  # x", False),
        ("m3ae/model/__pycache__/fusion.pyc", "compiled again", False),
        ("data/shards/.own.partial/manifest.json", "half of it, of a killed run", False),
        ("scales/demo.yaml", FILES["scales/demo.yaml"].replace("steps: 9", "steps: 10"), False),
        ("params.yaml", FILES["params.yaml"].replace("seed: 0", "seed: 1"), False),
        ("m3ae/model/fusion.py", "code  # x", True),
        ("data/shards/roco/manifest.json", "other digests", True),
        ("scales/demo.yaml", FILES["scales/demo.yaml"].replace("depth: 3", "depth: 4"), True),
        ("params.yaml", FILES["params.yaml"].replace("0.75", "0.5"), True),
    ],
)
def test_what_the_stage_depends_on_makes_another_run_and_nothing_else_does(project, file, content, is_another):
    before = pretrain().name()
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text(content)
    assert (pretrain().name() != before) == is_another


def test_another_version_of_a_package_makes_another_run(project, monkeypatch):
    before = pretrain().name()
    monkeypatch.setattr("m3ae.disk.identity.version", lambda name: "99")
    assert pretrain().name() != before


def test_a_loop_over_stages_is_filled_in(project):
    roco, own = (Identity.of("prepare", (), key=key) for key in ("roco", "own"))
    assert list(roco.files) == ["data/inventory/roco.json"] and roco.stage != own.stage
    slake = Identity.of("finetune", (), **{"item.task": "slake"})
    assert slake.parameters == {"scales/demo.yaml:finetune.slake.epochs": 1} and list(slake.files) == ["data/pretrain/config.json"]


def test_a_dependency_that_is_missing_is_named_with_the_remedy(project):
    shutil.rmtree(project / "data/tokenizer")
    with pytest.raises(SystemExit, match=r"data/tokenizer: is missing, and pretrain depends on it; run `dvc repro pretrain`"):
        pretrain()


def test_the_newest_state_of_the_same_stage_is_named_with_what_differs(project):
    pretrain().write(project / ".state/a")
    (project / "m3ae/model/fusion.py").write_text("code  # x")
    said = pretrain().passed_over(project / ".state")
    assert said == f"{project / '.state/a'}: is there and not taken up: m3ae/model/fusion.py is another"
    assert Identity.of("prepare", (), key="roco").passed_over(project / ".state") == ""
    assert pretrain().passed_over(project / "nowhere") == ""


def test_the_digest_of_a_stages_code_leaves_data_and_parameters_aside(project):
    before = code_digest("pretrain")
    (project / "data/tokenizer/vocab.json").write_text("others")
    assert code_digest("pretrain") == before
    (project / "m3ae/model/fusion.py").write_text("code  # x")
    assert code_digest("pretrain") != before


def test_the_projects_own_pipeline_is_understood(tmp_path, monkeypatch):
    Parameters(tmp_path)
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    for name in ("stages", "m3ae"):
        Path(tmp_path / name).symlink_to(ROOT / name)
    for name in ("check.ok", "excluded.json", "encoders.json", "shards/pretrain/manifest.json", "tokenizer/vocab.json"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).touch()
    monkeypatch.chdir(tmp_path)
    found = Identity.of("pretrain", ())
    assert {"mask_ratio", "objectives.mlm", "optimizer.weight_decay", "scales/demo.yaml:pretrain.steps"} <= found.parameters.keys()
    assert "m3ae/batches/masking.py" in found.files and not any(name.startswith("m3ae/report") for name in found.files)
