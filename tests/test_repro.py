"""The whole pipeline at `scale: test`, as a user runs it: in a copy of the project, through DVC alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars
import psutil
import pytest
from safetensors.torch import load_file

from m3ae.releases.catalogue import CATALOGUE
from m3ae.tasks import TASKS
from tests.parameters import Parameters

ROOT = Path(__file__).parents[1]
COPIED = ("stages", "m3ae", "scales", "params.yaml", "dvc.yaml", ".dvcignore")
RUN = {"vqa_rad", "roco_retrieval", "melinda"}  # one task of each kind: the others take minutes and show no more
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}


class Project:
    """A copy of the project in a folder of its own, without git."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        params = folder / "params.yaml"
        text = params.read_text().replace("scale: demo", "scale: test")
        params.write_text(
            "".join(line for line in text.splitlines(keepends=True) if line not in {f"- {task}\n" for task in TASKS.keys() - RUN})
        )
        self.dvc("init", "--no-scm", "--quiet")
        self.dvc("config", "core.analytics", "false")

    def write(self, **changes) -> None:
        """The project's own parameters with `changes` to them, `<key>` or `<file>:<key>`, at `scale: test`."""
        Parameters(self.folder).change({"scale": "test", "tasks": sorted(RUN, reverse=True), **changes})

    def dvc(self, *arguments: str, expect: int = 0) -> str:
        command = [sys.executable, "-m", "dvc", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=900)
        assert done.returncode == expect, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    @contextmanager
    def changed(self, file: str) -> Iterator[None]:
        """A comment at the end of a file of code, for a while."""
        path = self.folder / file
        text = path.read_text()
        path.write_text(f"{text}# x\n")
        yield
        path.write_text(text)

    def m3ae(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "m3ae.cli", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def metrics(self, name: str) -> dict:
        return json.loads((self.folder / "data" / "metrics" / name).read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    project = Project(tmp_path_factory.mktemp("project"))
    project.first_output = project.dvc("repro")
    return project


def stages_run(output: str) -> set[str]:
    """The stages that ran because something changed: `encoders` looks in every run at what DVC does not see."""
    return all_run(output) - {"encoders"}


def all_run(output: str) -> set[str]:
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")}


def test_repro_runs_every_stage_and_says_where_the_report_is(project):
    once = {"check", "phantom", "inventory", "sample_pairs", "leaks", "tokenizer", "align", "pretrain", "architecture"}
    once |= {"encoders", "zero_shot", "controls", "robustness", "visualise", "report"}
    runs = {f"{stage}@{task}-0" for stage in ("finetune", "baseline", "evaluate") for task in RUN}
    assert all_run(project.first_output) == once | runs | {f"prepare@{release}" for release in CATALOGUE}
    assert f"report: {project.folder / 'data' / 'report' / 'index.html'}" in project.first_output


def test_every_metric_file_is_there_and_says_that_the_data_are_synthetic(project):
    assert project.metrics("pretrain.json")["synthetic"] is True and project.metrics("zero_shot.json")["synthetic"] is True
    for task in RUN:
        figures = project.metrics(f"evaluate/{task}-0.json")
        assert figures["found"] and figures["synthetic"] and {"pretrained", "scratch"} <= figures.keys()
        assert all(project.metrics(f"{stage}/{task}-0.json")["epoch"] == 1 for stage in ("finetune", "baseline"))
    assert "SYNTHETIC" in (project.folder / "data" / "report" / "index.html").read_text()


def test_every_task_that_gives_answers_has_its_controls_and_the_report_shows_them(project):
    measured = project.metrics("controls.json")
    assert measured.keys() == RUN - {"roco_retrieval"} and all(figures["found"] and figures["synthetic"] for figures in measured.values())
    score = f"| {measured['vqa_rad']['linear_probe']['overall']:.1f} |"
    table = (project.folder / "data/report/table.md").read_text()
    assert any(line.startswith("| **VQA-RAD** (synthetic) |") and score in line for line in table.splitlines())


def test_predictions_hold_the_truth_and_the_five_best_answers(project):
    table = polars.read_parquet(project.folder / "data/evaluate/vqa_rad-0/pretrained.parquet")
    assert {"id", "image_id", "question", "truth", "answer_kind", "prediction", "best", "best_scores", "score"} == set(table.columns)
    assert set(table["best"].list.len()) == {5} and (table["best"].list.first() == table["prediction"]).all()
    assert 100 * table["score"].mean() == pytest.approx(project.metrics("evaluate/vqa_rad-0.json")["pretrained"]["overall"], abs=1e-5)


def test_the_resume_state_is_dropped_on_success(project):
    assert not list((project.folder / ".state").glob("*"))


def test_a_second_repro_does_nothing(project):
    assert stages_run(project.dvc("repro")) == set()


def test_every_number_of_the_report_traces_back_to_the_releases(project):
    told = project.m3ae("trace", "data/report/table.md")
    assert "\nok: all that was run, read and written is what dvc.lock holds" in told and "DIFFERS" not in told and "  other  " not in told
    counted = ["evaluate/vqa_rad-0.json: scratch", "evaluate/roco_retrieval-0.json: pretrained", "zero_shot.json"]
    counted.append("robustness.json: vqa_rad, scratch")
    assert all(f"  ok       counts  data/metrics/{name}" in told for name in counted)


def test_a_changed_line_of_evaluate_re_runs_evaluation_and_report_alone(project):
    with project.changed("m3ae/evaluate/scores.py"):
        tested = {f"evaluate@{task}-0" for task in RUN} | {"zero_shot", "controls", "robustness"}
        assert stages_run(project.dvc("repro")) == tested  # and the report, were a score another one
    assert stages_run(project.dvc("repro")) <= tested


def test_an_exported_and_imported_model_is_fine_tuned_with_the_same_scores(project):
    before = project.metrics("evaluate/vqa_rad-0.json")
    project.m3ae("export", "data/pretrain", "theirs.ckpt")
    project.m3ae("import", "theirs.ckpt", "imported", "--tokenizer", "data/tokenizer")
    project.write(pretrained="imported")
    started_anew = {"check", "architecture", "finetune@vqa_rad-0", "baseline@vqa_rad-0", "evaluate@vqa_rad-0"}
    assert stages_run(project.dvc("repro", "evaluate@vqa_rad-0")) <= started_anew
    assert project.metrics("evaluate/vqa_rad-0.json") == before


def test_an_ablation_runs_pretraining_and_what_follows_from_it_and_no_preparation_and_no_baseline(project):
    project.write(**{"mask_ratio": 0.5, "mim_layer": 2, "mim_decoder": "mlp", "objectives.itm": 0})
    follows = {f"{stage}@{task}-0" for stage in ("finetune", "evaluate") for task in RUN}
    assert (
        stages_run(project.dvc("repro"))
        == {"check", "align", "pretrain", "architecture", "zero_shot", "controls", "robustness", "visualise", "report"} | follows
    )


def test_the_authors_way_is_a_matter_of_parameters(project):
    authors = {"optimizer.decayed_norms": "authors", "finetune.choose_by": "recall", "finetune.crop": "stretched"}
    project.write(views="separate", negatives="split", masked_words="wordpieces", **authors)
    assert "finetune@roco_retrieval-0" in stages_run(project.dvc("repro", "finetune@roco_retrieval-0"))
    assert project.metrics("finetune/roco_retrieval-0.json")["found"]


def test_a_wrong_value_stops_before_anything_starts(project):
    project.write(mask_ratio=1.5)
    output = project.dvc("repro", expect=255)
    assert "mask_ratio = 1.5" in output and stages_run(output) == {"check"}


def test_a_killed_pretraining_ends_in_the_metrics_of_an_undisturbed_one(project):
    project.write(seed=7, **longer())
    stop_in_pretraining(project, signal.SIGKILL)
    # The request reaches the loader's workers, too, which a machine of more cores would have.
    saved = last_step(project)
    assert "is saved; `dvc repro` goes on from it" in stop_in_pretraining(project, signal.SIGTERM, M3AE_LOADER_WORKERS="2")
    last = last_step(project)
    assert last > saved
    with project.changed("m3ae/report/tables.py"):
        resumed_output = project.dvc("repro", "pretrain")
    assert "Running stage 'pretrain'" in resumed_output and "not taken up" not in resumed_output
    assert f"| {last} " in resumed_output or f"{last}/60" in resumed_output
    resumed, curve = project.metrics("pretrain.json"), (project.folder / "data/plots/pretrain.csv").read_text()
    shutil.rmtree(project.folder / ".state", ignore_errors=True)
    project.dvc("repro", "--force", "--single-item", "pretrain")
    live = json.loads((project.folder / "data/live/pretrain/metrics.json").read_text())
    assert live["step"] == 60 and min(live["gradient_norm"], live["pairs_per_second"], live["mfu"]) > 0
    assert project.metrics("pretrain.json") == resumed and (project.folder / "data/plots/pretrain.csv").read_text() == curve


def longer(steps: int = 60) -> dict:
    recipe = {"steps": steps, "save_every_steps": 5, "validate_every_steps": steps // 3}
    return {f"scales/test.yaml:pretrain.{name}": value for name, value in recipe.items()}


def last_step(project: Project) -> int:
    """Of the newest whole resume state; 0 without one."""
    return max((int(path.parent.name[5:]) for path in (project.folder / ".state").glob("*/step-*[0-9]/complete.json")), default=0)


def stop_in_pretraining(project: Project, how: signal.Signals, **environment: str) -> str:
    """`dvc repro pretrain`, stopped after its first new resume state: the whole tree killed, or the training asked to end; what it said."""
    command = [sys.executable, "-m", "dvc", "repro", "pretrain"]
    saved, log = last_step(project), project.folder / "stopped.log"
    with log.open("w") as file:
        run = subprocess.Popen(command, cwd=project.folder, env={**ENVIRONMENT, **environment}, stdout=file, stderr=subprocess.STDOUT)
    limit = time.monotonic() + 300
    while last_step(project) == saved:
        assert run.poll() is None and time.monotonic() < limit, "pre-training ended before it saved anything"
        time.sleep(0.05)
    everyone = [psutil.Process(run.pid), *psutil.Process(run.pid).children(recursive=True)]
    for process in everyone:
        if how is signal.SIGKILL or is_training(process):
            process.send_signal(how)
    run.wait(300)
    psutil.wait_procs(everyone[1:], 60)
    return log.read_text()


def is_training(process: psutil.Process) -> bool:
    """Whether the launcher forked it, or one that the launcher forked: they bear its command line."""
    with suppress(psutil.NoSuchProcess):  # one that has ended is no more than a name
        return all("stages.launch" in each.cmdline() for each in (process, process.parent()))
    return False


def test_a_recipe_of_two_stages_aligns_the_encoders_first_and_exports_a_plain_model(project):
    project.write(recipe="two_stage")
    assert {"align", "pretrain"} <= stages_run(project.dvc("repro", "pretrain"))
    first, second = project.metrics("align.json"), project.metrics("pretrain.json")
    assert first["alignment"].keys() >= {"loss", "accuracy_of_texts"} and first["steps"] > 1 and second["steps"] < 6
    assert second["distillation"]["loss"] > 0 and second["mim"]["noise_loss"] > 0
    weights = load_file(project.folder / "data/pretrain/model.safetensors")
    project.write()
    project.dvc("repro", "pretrain")
    assert weights.keys() == load_file(project.folder / "data/pretrain/model.safetensors").keys()
    assert load_file(project.folder / "data/aligned.safetensors") == {} and project.metrics("align.json") == {}
