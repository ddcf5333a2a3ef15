"""dvc.yaml against the code: every file that a stage imports is a dependency, every parameter that it reads is declared.

What is checked of a stage is what its script says: its imports, followed through m3ae/, and the fields of its `Params`.
"""

import ast
import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from m3ae.recipes.registry import RECIPES
from m3ae.releases.catalogue import CATALOGUE
from m3ae.report.published import PUBLISHED
from m3ae.tasks import TASKS
from tests.parameters import Parameters

ROOT = Path(__file__).parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
WHOLE_FILES = {"params.yaml:", "scales/${scale}.yaml:"}  # what the report shows
TEMPLATES = {path.relative_to(ROOT).as_posix() for path in (ROOT / "m3ae/report").glob("*.j2")}
RECORD = "m3ae/report/run.html.j2"
DATA_FILES = {  # read without an import
    "m3ae/report/page.py": TEMPLATES - {RECORD},
    "m3ae/report/run_record.py": {RECORD},
    "m3ae/huggingface/own_code.py": {"m3ae/huggingface/bundle.py", "m3ae/huggingface/source_text.py"},
}

RESOLVED = {"m3ae/recipes/base.py": {f"{entry.recipe.partition(':')[0].replace('.', '/')}.py" for entry in RECIPES.values()}}  # by name


def body(stage: dict) -> dict:
    return stage.get("do", stage)


def declared_parameters(stage: dict) -> set[str]:
    """`<key>`, `<file>:<key>`, or `<file>:` where the whole file is declared."""
    found = set()
    for entry in body(stage).get("params", ()):
        files = {"": [entry]} if isinstance(entry, str) else {f"{file}:": keys or [""] for file, keys in entry.items()}
        found |= {file + key for file, keys in files.items() for key in keys}
    return found


def script(stage: dict) -> Path:
    """The stage's file; `python -m` puts the working folder first, so that DVC's copies of the project run their own m3ae/."""
    words = [word for word in body(stage)["cmd"].split() if word.startswith("stages.") and word != "stages.launch"]
    return ROOT / f"{words[0].replace('.', '/')}.py"


def imported(path: Path) -> set[str]:
    """The project's files that `path` imports, directly."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {file for name in names if name.startswith("m3ae") and (file := module_file(name))}
    return found


def module_file(name: str) -> str | None:
    place = Path(*name.split("."))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path.as_posix() for path in candidates if (ROOT / path).is_file() and (ROOT / path).stat().st_size), None)


def all_imported(path: Path) -> set[str]:
    seen: set[str] = set()
    waiting = imported(path)
    while waiting:
        seen |= waiting
        waiting = {file for known in waiting for file in imported(ROOT / known) | RESOLVED.get(known, set())} - seen
    return seen | {file for module in seen for file in DATA_FILES.get(module, ())}


def covers(dependency: str, file: str) -> bool:
    return file == dependency or file.startswith(dependency + "/")


def code_dependencies(stage: dict) -> list[str]:
    return [dependency for dependency in body(stage)["deps"] if dependency.startswith("m3ae")]


def undeclared_code(stage: dict) -> list[str]:
    return sorted(file for file in all_imported(script(stage)) if not any(covers(known, file) for known in code_dependencies(stage)))


def unused_code(stage: dict) -> list[str]:
    return [known for known in code_dependencies(stage) if not any(covers(known, file) for file in all_imported(script(stage)))]


def parameters_read(name: str) -> set[str]:
    """What the stage's script reads: `finetune` reads `pretrained`, too, where `baseline` is told what it starts from."""
    path = script(STAGES[name])
    spec = importlib.util.spec_from_file_location(f"stage_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    params = module.PretrainedParams if name == "finetune" else getattr(module, "Params", None)
    return params.keys() if params else set()


@pytest.mark.parametrize("name", STAGES)
def test_every_imported_file_is_a_dependency(name):
    assert undeclared_code(STAGES[name]) == []


@pytest.mark.parametrize("name", STAGES)
def test_every_code_dependency_is_imported(name):
    assert unused_code(STAGES[name]) == []


@pytest.mark.parametrize("name", STAGES)
def test_the_script_itself_is_a_dependency(name):
    assert script(STAGES[name]).relative_to(ROOT).as_posix() in body(STAGES[name])["deps"]


@pytest.mark.parametrize("name", STAGES)
def test_the_parameters_that_a_stage_reads_are_the_declared_ones(name):
    read = WHOLE_FILES if name == "report" else parameters_read(name)
    assert read == declared_parameters(STAGES[name])


@pytest.mark.parametrize("name", STAGES)
def test_every_path_on_the_command_line_is_declared(name):
    stage = body(STAGES[name])
    text = yaml.safe_dump(stage.get("deps", []) + stage.get("outs", []) + stage.get("metrics", []) + stage.get("plots", []))
    for word in stage["cmd"].split():
        if word.startswith("data/"):
            assert word in text, word


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_has_a_description_waits_for_the_check_and_leaves_something_in_the_cache(name):
    stage = body(STAGES[name])
    assert stage["desc"] and stage["outs"]
    assert name == "check" or "data/check.ok" in stage["deps"]


def test_an_undeclared_import_is_noticed():
    stage = {**body(STAGES["tokenizer"])}
    stage["deps"] = [dependency for dependency in stage["deps"] if dependency != "m3ae/releases/record.py"]
    assert undeclared_code(stage) == ["m3ae/releases/record.py"]


def test_package_files_stay_empty():
    assert [path.as_posix() for path in (ROOT / "m3ae").rglob("__init__.py") if path.stat().st_size] == []


def test_dvc_reads_the_pipeline(tmp_path, monkeypatch):
    from dvc.repo import Repo

    Parameters(tmp_path)
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    repo = Repo.init(no_scm=True)
    names = {stage.addressing for stage in repo.index.stages}
    assert {
        "finetune@vqa_rad-0",
        "baseline@vqa_rad-0",
        "evaluate@roco_retrieval-0",
        "prepare@roco",
        "zero_shot",
        "controls",
        "report",
    } <= names


@pytest.mark.parametrize("name", STAGES)
def test_no_value_of_the_parameters_is_written_into_a_command_but_by_a_block_that_dvc_quotes(name):
    written = set(re.findall(r"\$\{(.*?)\}", body(STAGES[name])["cmd"]))
    assert written <= ({"key", "item"} if "foreach" in STAGES[name] else {"item"}), "a shell would read it"
    assert "matrix" in STAGES[name] or "foreach" in STAGES[name] or not written


def test_what_a_shell_would_run_stays_one_word_of_the_command(tmp_path, monkeypatch):
    from dvc.repo import Repo

    evil = "0; touch 'it' \"$HOME\" #"
    Parameters(tmp_path).change({"seeds": [evil], "tasks": ["vqa_rad"], "releases": evil, "pretrained": evil})
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    commands = {stage.name: shlex.split(stage.cmd) for stage in Repo.init(no_scm=True).index.stages}
    assert {name for name, words in commands.items() if any("touch" in word for word in words)} == {
        f"{stage}@vqa_rad-{evil}" for stage in ("finetune", "baseline", "evaluate")
    }
    assert all(word == evil for words in commands.values() for word in words if "touch" in word)


def test_every_release_of_the_catalogue_is_prepared_and_nothing_else():
    assert STAGES["prepare"]["foreach"].keys() == CATALOGUE.keys()


def test_every_task_has_a_recipe_at_every_scale_and_those_with_published_scores_are_fine_tuned_by_default():
    for path in (ROOT / "scales").glob("*.yaml"):
        assert yaml.safe_load(path.read_text())["finetune"].keys() == {"every_task", *TASKS}, path.name
    assert yaml.safe_load((ROOT / "params.yaml").read_text())["tasks"] == [task for task in TASKS if task in PUBLISHED]


# Code flows as data do. A room's params.py, which says what is in the parameter files and computes nothing, may be read from anywhere.
LAYERS = [
    *("disk", "releases", "shards", "perturb", "prepare", "batches", "leaks", "model"),
    *("objectives", "recipes", "engine", "pretrain", "finetune", "evaluate", "report", "lineage"),
]
SIBLINGS = ("prepare", "leaks", "pretrain", "finetune")  # stages of their own, which no other room reads
FOLLOWS = {("evaluate", "finetune")}  # but for what is tested as it was trained


def room(file: str) -> str:
    return file.split("/")[1]


@pytest.mark.parametrize("path", [path.relative_to(ROOT).as_posix() for path in (ROOT / "m3ae").rglob("*.py")])
def test_no_import_runs_upwards(path):
    if room(path) not in LAYERS:
        return
    for file in imported(ROOT / path):
        if room(file) in LAYERS and not file.endswith("/params.py") and room(file) != room(path):
            assert LAYERS.index(room(file)) < LAYERS.index(room(path)), file
            assert room(file) not in SIBLINGS or (room(path), room(file)) in FOLLOWS, file


def test_the_top_of_the_package_holds_what_belongs_to_no_room():
    files = {path.name for path in (ROOT / "m3ae").glob("*.py")}
    top = ("method", "params", "protocol", "check", "tasks", "kinds", "words", "cli", "hub", "progress", "workers")
    assert files == {"__init__.py", *(f"{name}.py" for name in top)}


def test_benchmarks_read_no_tests():
    assert not any("from tests" in path.read_text() for path in (ROOT / "benchmarks").glob("*.py"))


def test_what_git_keeps_is_a_metric_or_a_plot():
    """DVC saves no stage in its run cache that has another output of `cache: false`: an experiment would train again what has run."""
    stages = [stage.get("do", stage) for stage in STAGES.values()]
    assert [out for stage in stages for out in stage.get("outs", ()) if not isinstance(out, str)] == []
