"""An untouched run is as dvc.lock has it; whatever is altered on the way from the data to a score is noticed and named."""

import json
import shutil

import polars
import pytest

from m3ae.lineage.trace import trace
from m3ae.model.card import CODE, model_card
from tests.commands import call, dvc
from tests.lineage.conftest import DVC_WARNS, commit

pytestmark = DVC_WARNS


@pytest.fixture
def refused(capsys):
    """Trace what is not as it was; return the lines and the last sentence."""

    def of(what: str) -> tuple[list[str], str]:
        lines = []
        with pytest.raises(SystemExit) as stop:
            for line in trace(what):
                lines.append(line)
        return lines, str(stop.value)

    return of


def test_an_untouched_run_is_ok_from_the_score_to_the_release(run):
    text = "\n".join(trace("vqa_rad"))
    assert text.startswith("evaluate@vqa_rad-0 <- pretrain <- prepare@vqa_rad <- inventory <- phantom\n")
    assert "DIFFERS" not in text and "ok: all that was run, read and written is what dvc.lock holds, byte for byte; stages: 5" in text
    for said in ("python make.py evaluate", "data/evaluate/vqa_rad-0", "weight_decay 1e-05, warmup_share 0.1", "depth 2, width 8"):
        assert said in text
    assert "data/metrics/evaluate/vqa_rad-0.json: pretrained  overall 50.0, open 0.0, closed 100.0" in text
    assert f"dvc.lock: {call(run, 'git', 'log', '-1', '--format=%h %s').strip()}" in text
    assert json.loads((run / "data/inventory/vqa_rad.json").read_text())["sha256"][:12] in text


@pytest.mark.parametrize("what", ["data/pretrain/model.safetensors", "data/metrics/pretrain.json", "data/pretrain", "pretrain"])
def test_a_file_a_folder_and_a_stage_lead_to_the_stage_that_made_them(run, what):
    assert next(trace(what)) == "pretrain <- prepare@vqa_rad <- inventory <- phantom"


@pytest.mark.parametrize("what", ["README.md", "docs/results.md", "data/report/table.md"])
def test_the_report_and_the_pages_lead_to_the_chain_of_each_task(run, what):
    lines = list(trace(what))
    assert lines[0].startswith("evaluate@vqa_rad-0 <- ") and any(line.startswith("\nreport") for line in lines)


@pytest.mark.parametrize("page, table", [("README.md", "scores.md"), ("docs/results.md", "table.md")])
def test_a_page_with_other_numbers_is_named(run, refused, page, table):
    (run / page).write_text("| VQA-RAD | 99.0 |\n")
    assert f"{page} (another table, was data/report/{table}" in refused(page)[1]


ALTERED = {
    "data/evaluate/vqa_rad-0/pretrained.parquet": "data/evaluate/vqa_rad-0 (pretrained.parquet)",
    "data/pretrain/model.safetensors": "data/pretrain (model.safetensors)",
    "data/shards/tasks/vqa_rad/test-00000.arrow": "data/shards/tasks/vqa_rad (test-00000.arrow)",
    "data/releases/vqa_rad/trainset.json": "data/releases (vqa_rad/trainset.json)",
}


@pytest.mark.parametrize("path", ALTERED)
def test_one_altered_byte_under_the_old_time_is_named_alone_and_its_remedy_puts_it_back(run, alter, refused, path):
    alter(run / path)
    lines, sentence = refused("vqa_rad")
    folder = ALTERED[path].split()[0]
    assert sentence == f"\ndiffers: {ALTERED[path]}: `rm -r {folder} && dvc checkout {folder}`"
    assert any(line.startswith("  DIFFERS  writes") and folder in line for line in lines)
    shutil.rmtree(run / folder)
    dvc(run, "checkout", folder)
    assert list(trace("vqa_rad"))[-1].startswith("\nok:")


def test_an_altered_byte_that_dvc_itself_does_not_see_is_named(run, alter, refused):
    dvc(run, "status")  # and so remembers the digest by time and size
    alter(run / "data/pretrain/model.safetensors")
    assert "up to date" in dvc(run, "status")
    assert "data/pretrain (model.safetensors)" in refused("vqa_rad")[1]


def test_an_altered_score_is_put_back_from_the_commit(run, alter, refused):
    metrics = "data/metrics/evaluate/vqa_rad-0.json"
    alter(run / metrics)
    assert refused("vqa_rad")[1] == f"\ndiffers: {metrics}: `git checkout HEAD -- {metrics}`"


def test_what_neither_the_commit_nor_the_cache_holds_is_made_again(run, alter, refused):
    shutil.rmtree(run / ".dvc/cache")
    alter(run / "data/pretrain/model.safetensors")
    assert refused("vqa_rad")[1] == "\ndiffers: data/pretrain: `dvc repro --force --single-item pretrain`"


def test_a_file_that_is_gone_is_named(run, refused):
    shutil.rmtree(run / "data/pretrain")
    assert "data/pretrain (is missing)" in refused("vqa_rad")[1]


PARAMETERS = {
    ("params.yaml", "mask_ratio: 0.75", "mask_ratio: 0.5"): "params.yaml: mask_ratio (0.5, was 0.75)",
    ("params.yaml", "weight_decay: 1.0e-5", "weight_decay: 0.01"): "params.yaml: optimizer (weight_decay 0.01, was 1e-05)",
    ("scales/test.yaml", "depth: 2", "depth: 3"): "scales/test.yaml: model (depth 3, was 2)",
}


@pytest.mark.parametrize("change", PARAMETERS, ids=PARAMETERS.values())
def test_an_altered_parameter_is_named_with_both_values(run, refused, change):
    file, old, new = change
    (run / file).write_text((run / file).read_text().replace(old, new))
    assert f"differs: {PARAMETERS[change]}: `dvc repro`" in refused("vqa_rad")[1]


def test_changed_code_is_named_once_however_many_stages_read_it(run, refused):
    (run / "make.py").write_text((run / "make.py").read_text() + "# x\n")
    assert refused("vqa_rad")[1].count("make.py") == 1


def test_a_changed_command_is_named(run, refused):
    (run / "dvc.yaml").write_text((run / "dvc.yaml").read_text().replace("make.py pretrain", "make.py  pretrain"))
    assert "the command of pretrain" in refused("vqa_rad")[1]


def test_scores_that_do_not_follow_from_the_predictions_are_named_even_where_dvc_was_told_to_take_them(run, refused):
    table = run / "data/evaluate/vqa_rad-0/scratch.parquet"
    table.chmod(0o644)
    polars.DataFrame({"answer_kind": ["open", "closed"], "score": [1.0, 1.0]}).write_parquet(table)
    dvc(run, "commit", "--force", "--quiet")
    named = "data/metrics/evaluate/vqa_rad-0.json: scratch (overall 100.0, was 50.0, open 100.0, was 0.0, counted again)"
    assert named in refused("vqa_rad")[1]


def test_a_model_that_other_code_made_is_no_difference_where_dvc_was_told_to_take_it(run):
    (run / "make.py").write_text((run / "make.py").read_text() + "# x\n")
    dvc(run, "commit", "--force", "--quiet")
    [line] = [line for line in trace("vqa_rad") if "README.md" in line]
    assert line.startswith("  other    card    data/pretrain/README.md")


def test_the_line_of_a_model_card_that_names_its_code_is_found():
    assert f"{CODE}: 0123456789abcdef" in model_card("A model", False, "0123456789abcdef")


def test_a_lock_in_no_commit_says_so(run):
    (run / "params.yaml").write_text((run / "params.yaml").read_text().replace("0.75", "0.5"))
    dvc(run, "repro", "--quiet")
    assert "\ndvc.lock: in no commit yet" in list(trace("vqa_rad"))
    commit(run)
    assert "\ndvc.lock: in no commit yet" not in list(trace("vqa_rad"))


def test_data_that_dvc_add_tracks_are_an_origin(run, alter, refused):
    (run / "models").mkdir()
    (run / "models/theirs").write_text("weights")
    dvc(run, "add", "--quiet", "models/theirs")
    assert list(trace("models/theirs"))[-1].startswith("\nok:")
    alter(run / "models/theirs")
    assert "differs: models/theirs: `rm -r models/theirs && dvc checkout models/theirs`" in refused("models/theirs")[1]


@pytest.mark.parametrize("what, said", {"slake": "slake: is not among the `tasks`", "make.py": "make.py: is no output"}.items())
def test_what_no_stage_made_is_an_error_of_a_line(run, what, said):
    with pytest.raises(SystemExit, match=said):
        list(trace(what))


def test_a_folder_without_a_pipeline_is_an_error_of_a_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="dvc.yaml: no such file; run from the project's folder"):
        list(trace("vqa_rad"))
