import os
import sys
from types import ModuleType

import pytest
import torch

from m3ae.authors.files import AuthorsFile, read, write


class Hostile:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return (os.system, (self.command,))


def test_what_is_written_is_read_again(tmp_path):
    write(tmp_path / "a.ckpt", AuthorsFile({"x": torch.arange(3.0)}, {"mim_layer": 3}))
    again = read(tmp_path / "a.ckpt")
    assert torch.equal(again.weights["x"], torch.arange(3.0)) and again.settings == {"mim_layer": 3}


def test_a_trainers_object_is_read_without_its_package(tmp_path, monkeypatch):
    package = ModuleType("pytorch_lightning")
    package.Callback = type("Callback", (), {"__module__": "pytorch_lightning", "__qualname__": "Callback"})
    monkeypatch.setitem(sys.modules, "pytorch_lightning", package)
    torch.save({"state_dict": {"x": torch.ones(2)}, "callbacks": {package.Callback: {"best": 1.0}}}, tmp_path / "a.ckpt")
    monkeypatch.delitem(sys.modules, "pytorch_lightning")
    assert torch.equal(read(tmp_path / "a.ckpt").weights["x"], torch.ones(2))
    assert "pytorch_lightning" not in sys.modules


def test_a_file_that_would_run_a_command_is_refused_and_runs_nothing(tmp_path):
    path, mark = tmp_path / "a.ckpt", tmp_path / "ran"
    torch.save({"state_dict": {"x": torch.ones(2)}, "callbacks": Hostile(f"touch {mark}")}, path)
    with pytest.raises(SystemExit, match=r"a.ckpt: refused, nothing was loaded: it names (posix|os).system"):
        read(path)
    assert not mark.exists()


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "a.ckpt").write_bytes(b"not a checkpoint")
    with pytest.raises(SystemExit, match="a.ckpt: not a checkpoint that torch wrote"):
        read(tmp_path / "a.ckpt")


def test_a_checkpoint_without_weights_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "a.ckpt")
    with pytest.raises(SystemExit, match="has no `state_dict` of tensors"):
        read(tmp_path / "a.ckpt")
