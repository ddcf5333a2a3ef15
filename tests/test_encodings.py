"""Every text file is read and written as UTF-8, whatever the locale."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NO_FILES_OF_TEXT = ("os", "Image", "Opened", "gzip", "ledger")  # whose `open` opens bytes, or no file
FILES = [path for room in ("m3ae", "stages", "benchmarks") for path in sorted((ROOT / room).rglob("*.py"))]


def without_encoding(tree: ast.AST) -> Iterator[ast.Call]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if any(keyword.arg == "encoding" for keyword in call.keywords):
            continue
        if name == "read_text" or name == "write_text" or is_text_opened(call, name):
            yield call


def is_text_opened(call: ast.Call, name: str) -> bool:
    """Whether the call is `open(path, ...)` or `path.open(...)` of text; os.open, Image.open and gzip.open (of bytes) are others."""
    if (
        name != "open"
        or isinstance(call.func, ast.Attribute)
        and getattr(call.func.value, "id", "") in ("os", "Image", "Opened", "gzip", "ledger")
    ):
        return False
    modes = [*call.args[isinstance(call.func, ast.Name) :][:1], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return not any("b" in str(getattr(mode, "value", "")) for mode in modes)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_text_file_is_opened_as_utf_8(path):
    found = [ast.unparse(call) for call in without_encoding(ast.parse(path.read_text(encoding="utf-8")))]
    assert found == []


def test_parameters_and_pages_are_read_in_a_locale_of_ascii(tmp_path):
    script = "from pathlib import Path; from m3ae.check import check; check(Path('params.yaml'), Path('dvc.yaml')); print('read')"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout == "read\n", done.stderr[-500:]
