"""What trains knows nothing of how it is tested: a change to the evaluation leaves every trained model as it is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports, those in functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names |= {f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names}
    return names


def evaluation(path: Path) -> set[str]:
    return {name for name in imports(path) if name.split(".")[:2] == ["m3ae", "evaluate"]}


@pytest.mark.parametrize("room", ["finetune", "pretrain", "engine", "objectives", "model"])
def test_nothing_that_trains_imports_the_evaluation(room):
    files = sorted((ROOT / "m3ae" / room).rglob("*.py"))
    assert len(files) > 1 and {path.name: found for path in files if (found := evaluation(path))} == {}


@pytest.mark.parametrize(
    "line", ["import m3ae.evaluate.scores", "from m3ae import evaluate", "def f():\n    from m3ae.evaluate import kinds"]
)
def test_an_import_of_it_would_be_seen_however_it_is_written(tmp_path, line):
    (tmp_path / "room.py").write_text(line)
    assert evaluation(tmp_path / "room.py") and evaluation(ROOT / "stages" / "evaluate.py")
