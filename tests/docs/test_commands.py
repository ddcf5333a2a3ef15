"""Every command of README and docs is one that its program takes, and is run by a test or says why it cannot be."""

import ast
import re
import shlex
import subprocess
import sys

import pytest
import typer
import yaml
from dvc.cli.parser import get_main_parser

from m3ae.cli import app
from tests.docs.commands import ROOT, RUN, beginning, commands

ALL = sorted({command for _, command in commands()})


def of(program: str) -> list[str]:
    return [command for command in ALL if command.startswith(f"{program} ")]


def test_every_command_is_run_by_a_test_or_says_why_not():
    assert [command for command in ALL if not beginning(command)] == []
    assert RUN.keys() - {beginning(command) for command in ALL} == set()


@pytest.mark.parametrize("test", sorted({where for where in RUN.values() if "::" in where}))
def test_the_tests_that_are_named_are_there(test):
    file, name = test.split("::")
    assert name in {node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("command", of("m3ae"))
def test_m3ae_takes_it(command):
    _, word, *arguments = shlex.split(command)
    typer.main.get_command(app).commands[word].make_context(word, arguments)


@pytest.mark.parametrize("command", [re.sub(r" [|>] .*", "", command) for command in of("dvc")])
def test_dvc_takes_it(command):
    get_main_parser().parse_args(shlex.split(command)[1:])


@pytest.mark.parametrize("command", [command for command in of("dvc") if " -S " in command])
def test_what_it_sets_are_parameters(command):
    words = shlex.split(command)
    for setting in [after for word, after in zip(words, words[1:], strict=False) if word == "-S"]:
        file, _, key = setting.partition("=")[0].rpartition(":")
        content = yaml.safe_load((ROOT / (file or "params.yaml")).read_text())
        for part in key.split("."):
            assert part in content
            content = content[part]


@pytest.mark.parametrize("command", of("make"))
def test_make_has_the_target(command):
    subprocess.run(["make", "--dry-run", "--silent", *shlex.split(command)[1:]], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("command", [command for command in ALL if "python -m" in command or command.startswith("python ")])
def test_a_script_has_the_options(command):
    words = shlex.split(command.partition('="')[2].rstrip('"') or command)
    program = words[1:3] if words[1] == "-m" else words[1:2]
    shown = subprocess.run([sys.executable, *program, "--help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [word for word in words if word.startswith("--") and word not in shown] == []
