"""What `ruff check` says, its rules of security (bandit's) among them, and mypy; pyproject.toml says which are set aside, and why."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_linter_finds_nothing():
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", "."], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-500:]


def test_the_rules_of_security_are_on():
    source = "import pickle, subprocess\nsubprocess.run(name, shell=True)\npickle.loads(content)\neval(text)\n"
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "--stdin-filename", "m3ae/x.py", "-"]
    done = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True)
    assert {"S602", "S301", "S307"} <= {found["code"] for found in json.loads(done.stdout)}


def test_the_type_checker_finds_nothing():
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-500:]


def test_the_type_checker_is_strict(tmp_path):
    untyped = tmp_path / "untyped.py"
    untyped.write_text("def same(value): return value\n")
    done = subprocess.run([sys.executable, "-m", "mypy", str(untyped)], cwd=ROOT, capture_output=True, text=True)
    assert "[no-untyped-def]" in done.stdout
