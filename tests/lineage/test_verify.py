"""A run against the commit that is checked out: reproduced, or which stage is the first that was not, and by how much."""

import shutil

import pytest

from m3ae.lineage.verify import MOST_DIFFERENCES, largest, verify
from tests.commands import call, dvc
from tests.lineage.conftest import DVC_WARNS, commit

pytestmark = DVC_WARNS


def change(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.fixture
def refused():
    def of() -> str:
        with pytest.raises(SystemExit) as stop:
            list(verify())
        return str(stop.value)

    return of


def test_a_run_that_left_the_commits_bytes_is_reproduced(run):
    head = call(run, "git", "rev-parse", "HEAD")[:12]
    assert list(verify()) == [f"reproduced: all outputs of all 6 stages are those of commit {head}, byte for byte"]


def test_an_altered_file_of_a_folder_that_git_keeps_is_named(run, refused):
    change(run / "data/confusion/slake.csv", "yes,no", "yes,yes")
    assert "report is the first stage" in refused() and "data/confusion" in refused()


def test_the_first_stage_in_the_pipelines_order_is_named_with_its_largest_difference_first(run, refused):
    change(run / "params.yaml", "mask_ratio: 0.75", "mask_ratio: 0.5")
    dvc(run, "repro", "--quiet")
    first, weights, metrics, inputs = refused().splitlines()
    assert first.startswith("not reproduced: pretrain is the first stage whose outputs are not those of commit ")
    assert weights.startswith("  data/pretrain: ") and weights.endswith(" (model.safetensors)") and ", was " in weights
    assert metrics == "  data/metrics/pretrain.json: mlm.loss 0.5, was 0.75 (-0.25), mim.loss 0.166667, was 0.25 (-0.083333)"
    assert inputs == "  it had other inputs: params.yaml: mask_ratio (0.5, was 0.75)"


def test_the_stages_after_the_first_are_named(run, refused, alter):
    for path in ("data/shards/tasks/vqa_rad/test-00000.arrow", "data/pretrain/model.safetensors", "data/report/table.md"):
        alter(run / path)
    lines = refused().splitlines()
    assert lines[0].startswith("not reproduced: prepare@vqa_rad is the first stage") and lines[-1] == "after it: pretrain, report"


def test_other_bytes_from_the_same_inputs_are_said_to_be_rounding(run, refused, alter):
    alter(run / "data/pretrain/model.safetensors")
    assert "its command, data, code and values are those of the commit" in refused()


def test_equal_outputs_from_other_code_are_reproduced_and_the_code_is_named(run):
    change(run / "make.py", '"pixels"', '"pix" + "els"')
    dvc(run, "commit", "--force", "--quiet")
    lines = list(verify())
    assert "prepare@vqa_rad: the same outputs from other inputs: make.py" in lines and lines[-1].startswith("reproduced: ")


def test_a_fresh_clone_is_told_to_run_first(run, refused, tmp_path, monkeypatch):
    call(tmp_path, "git", "clone", "--quiet", str(run), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert refused() == "data/releases: is not there (6 outputs are not), so phantom has not run here; `make repro` first"


def test_a_metric_file_that_its_own_lock_does_not_hold_is_named(run, refused):
    change(run / "data/metrics/pretrain.json", "0.5", "0.6")
    commit(run)
    call(run, "git", "checkout", "--quiet", "HEAD~1", "--", "data/metrics/pretrain.json")
    assert "data/metrics/pretrain.json: the commit's own file is another one than its dvc.lock holds" in refused()


def test_an_output_that_the_commit_does_not_have_is_named(run, refused):
    change(run / "dvc.yaml", "      - data/report\n", "      - data/report\n      - make.pyc\n")
    (run / "make.pyc").touch()
    assert "  make.pyc: is not in the commit" in refused().splitlines()


def test_without_a_commit_there_is_nothing_to_compare_with(run, refused):
    shutil.rmtree(run / ".git")
    assert refused() == "dvc.lock: is in no commit, so there is nothing to compare with; run this in a clone of the project"


def test_the_largest_differences_of_many_are_told_and_the_others_counted():
    then = {f"score{number}": float(number) for number in range(20)}
    told = largest(then, {key: value * 1.5 for key, value in then.items()})
    assert told[0] == "score19 28.5, was 19.0 (+9.5)"
    assert len(told) == MOST_DIFFERENCES + 1 and told[-1] == "and 9 more"


def test_a_value_that_is_no_number_comes_first():
    assert largest({"found": True, "r1": 5.0}, {"found": False, "r1": 900.0})[0] == "found False, was True"
