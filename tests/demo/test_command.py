"""`m3ae demo` where it cannot serve."""

import importlib.util

import pytest

from m3ae.ask.opened import AskError
from m3ae.commands import demo as command


def test_without_the_extra_one_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"^m3ae demo needs .*: pip install 'm3ae-dvc\[demo\]'$"):
        command.demo()


def test_without_a_trained_model_one_line_says_what_trains_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("pretrained: data/pretrain\ntasks: [vqa_rad]\nseeds: [0]\n")
    with pytest.raises(AskError, match="no model that can answer is trained yet .*run `dvc repro`, or give --model FOLDER"):
        command.demo(port=0)


def test_without_a_training_set_the_page_says_why(tmp_path, monkeypatch, demo):
    monkeypatch.chdir(tmp_path)
    assert command.training_captions(demo.pretrained).startswith("no params.yaml here")
    (tmp_path / "params.yaml").write_text("pretrain_releases: [roco]\n")
    assert "dvc repro" in command.training_captions(demo.pretrained)
