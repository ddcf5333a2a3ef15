"""The `m3ae` command as it is called."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from m3ae.cli import COMMANDS, main
from tests.answering import LABELS, write_answering, write_images, write_model

ROOT = Path(__file__).parents[1]
WRONG = {
    "- a\n": "params.yaml: holds no parameters (",
    "a: [\n": "params.yaml: holds no parameters (",
    "seed: 1\n": "params.yaml: releases is missing",
    "releases: 5\n": "params.yaml: releases = 5: a folder expected",
}


def releases(folder: Path, *after: str) -> subprocess.CompletedProcess:
    command = " ".join([sys.executable, "-m", "m3ae.cli", "releases", *after])
    return subprocess.run(["bash", "-c", command], cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("content", WRONG)
def test_a_params_file_that_names_no_folder_is_an_error_of_a_line(tmp_path, content):
    (tmp_path / "params.yaml").write_text(content)
    answer = releases(tmp_path)
    assert answer.returncode == 1 and WRONG[content] in answer.stderr and "Traceback" not in answer.stderr


def test_a_reader_that_has_read_enough_is_no_error(tmp_path):
    answer = releases(tmp_path, "--releases", ".", "|", "true")
    assert (answer.stdout, answer.stderr) == ("", "")


def called(capsys, *arguments: str) -> str:
    """Return what the command prints, called in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["m3ae", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
    assert done.value.code == 0, done.value
    return capsys.readouterr().out


def test_an_answer_says_which_model_gave_it_and_that_it_is_for_no_clinic(tmp_path, config, capsys):
    folder, [image] = write_answering(tmp_path / "model", config), write_images(tmp_path / "images", 1)
    said = called(capsys, "answer", image, "is there an effusion", "--model", folder, "--best", "2").splitlines()
    assert len(said) == 3 and "%" in said[0] and said[-1] == f"{folder} (fine-tuned to answer: VQA-RAD); not for clinical use"
    said = json.loads(called(capsys, "answer", image, "is there an effusion", "--model", folder, "--json"))
    assert {answer["answer"] for answer in said["answers"]} == set(LABELS) and said["notice"] == "not for clinical use"


def test_a_folder_gives_a_line_an_image_with_those_that_cannot_be_read(tmp_path, config, capsys):
    folder, images = write_answering(tmp_path / "model", config), write_images(tmp_path / "images", 3)
    images[1].write_text("no image")
    called(capsys, "answer", images[0].parent, "is it", "--model", folder, "--out", tmp_path / "said.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "said.jsonl").read_text().splitlines()]
    assert [line["image"] for line in lines] == [str(image) for image in images]
    assert ["error" in line for line in lines] == [False, True, False]


def test_pairs_collections_and_pictures_are_asked_for_in_one_way(tmp_path, config, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder, images = write_model(tmp_path / "model", config), write_images(tmp_path / "images", 2)
    (tmp_path / "texts.txt").write_text("a mass\n\nno lesion\n")
    model = ("--model", folder)
    assert "that they belong together" in called(capsys, "match", images[0], "a mass", *model)
    assert str(images[0]) in called(capsys, "search", "a mass", images[0].parent, *model)
    found = json.loads(called(capsys, "search", images[0], tmp_path / "texts.txt", "--json", *model))["found"]
    assert {hit["found"] for hit in found} == {"a mass", "no lesion"}
    assert "2 rows" in called(capsys, "embed", images[0].parent, "--out", tmp_path / "vectors.parquet", *model)
    said = called(capsys, "reconstruct", images[0], "--mask-ratio", "0.5", "--out", tmp_path / "strip.png", *model)
    assert "mask ratio 0.5: mean absolute error" in said and (tmp_path / "strip.png").is_file()
    said = json.loads(called(capsys, "attend", images[0], "a mass", "--out", tmp_path / "words.png", "--json", *model))
    assert [word["word"] for word in said["words"]] == ["a", "mass"] and (tmp_path / "words.png").is_file()


def command(*arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
    call = [sys.executable, *before, "-m", "m3ae.cli", *arguments]
    return subprocess.run(call, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120)


def test_help_lists_every_command_with_a_whole_line_and_loads_nothing_large():
    said = command("--help", before=("-X", "importtime"))
    assert all(f"\n  {name} " in said.stdout for name in COMMANDS) and "..." not in said.stdout.split("Commands:")[1]
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in said.stderr.splitlines() if line.startswith("import time")}
    assert not loaded & {"torch", "transformers", "numpy", "PIL", "polars", "pydantic", "yaml", "dvc", "rich"}


def test_a_mistyped_word_gets_a_suggestion():
    assert "No such command 'anwser'. Did you mean 'answer'?" in command("anwser").stderr
    assert "--model" in command("answer", "--modell", "x").stderr


def test_the_version_is_the_packages():
    assert command("--version").stdout == f"m3ae-dvc {version('m3ae-dvc')}\n"
