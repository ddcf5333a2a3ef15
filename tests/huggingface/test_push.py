"""Pushing to a stand-in of the hub's client: nothing leaves the machine."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from huggingface_hub import ModelCard
from transformers import AutoModel, AutoProcessor
from transformers.utils import hub

import m3ae.hub  # noqa: F401
from m3ae.huggingface.push import push_folder
from m3ae.model.config import load_config
from tests.answering import write_answering


class Client:
    """The two ways in which files reach a repository, here a folder."""

    def __init__(self, target: Path):
        self.target = target

    def create_repo(self, repo_id, **_others):
        return SimpleNamespace(repo_id=repo_id)

    def create_commit(self, repo_id, operations, **_others):
        for operation in operations:
            shutil.copy(operation.path_or_fileobj, self.target / operation.path_in_repo)

    def upload_folder(self, repo_id, folder_path, **_others):
        shutil.copytree(folder_path, self.target, dirs_exist_ok=True)


@pytest.fixture
def client(tmp_path, monkeypatch) -> Client:
    target = tmp_path / "repository"
    target.mkdir()
    client = Client(target)
    monkeypatch.setattr(hub, "hf_api", lambda: client)
    monkeypatch.setattr(hub, "create_and_tag_model_card", lambda *_, **__: ModelCard("# By transformers"))
    return client


def test_what_transformers_pushes_answers_by_itself(tmp_path, config, batch, client):
    folder = write_answering(tmp_path / "model", config)
    model = AutoModel.from_pretrained(folder)
    model.push_to_hub("group/model")
    AutoProcessor.from_pretrained(folder).push_to_hub("group/model")
    assert {"config.json", "model.safetensors", "modeling_m3ae.py", "tokenizer.json"} <= {path.name for path in client.target.iterdir()}
    assert json.loads((client.target / "config.json").read_text())["auto_map"]["AutoModel"] == "modeling_m3ae.M3AEModel"
    assert load_config(client.target) == load_config(folder)
    again = AutoModel.from_pretrained(client.target)
    with torch.no_grad():
        assert torch.equal(again(batch.images, batch.text_ids).logits, model(batch.images, batch.text_ids).logits)


def test_a_pushed_folder_keeps_its_card_and_leaves_the_folder_as_it_was(tmp_path, config, client):
    folder = write_answering(tmp_path / "model", config)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    push_folder(folder, "group/model", client, private=True)
    after = {path.name: path.read_bytes() for path in client.target.iterdir()}
    assert after.keys() == before.keys() and after["README.md"].startswith(before["README.md"])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(SystemExit, match="not a model of this project"):
        push_folder(tmp_path, "group/model", client, private=True)
