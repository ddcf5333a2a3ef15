"""What is named is digested: a local folder by its files, a hub's name by its commit."""

import pytest

from m3ae.model import origins as module
from m3ae.model.origins import origins


def test_nothing_that_is_made_here_is_looked_at():
    assert origins("scratch", "scratch", "train") == {
        "vision_encoder": {"source": "scratch"},
        "text_encoder": {"source": "scratch"},
        "tokenizer": {"source": "train"},
    }


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "encoder" / "deep").mkdir(parents=True)
    (tmp_path / "encoder" / "config.json").write_text("{}")
    (tmp_path / "encoder" / "deep" / "model.safetensors").write_bytes(bytes(64))
    return tmp_path / "encoder"


def test_another_byte_or_name_is_another_digest_and_hidden_files_are_none(folder):
    def digest(name):
        return origins(f"local-dir:{folder}", "scratch", str(folder))[name]["sha256"]

    before = digest("vision_encoder")
    assert before == digest("tokenizer")
    (folder / ".cache").write_text("a note of a hub's client")
    assert digest("tokenizer") == before
    (folder / "deep" / "model.safetensors").write_bytes(bytes(63) + b"\1")
    changed = digest("tokenizer")
    (folder / "config.json").rename(folder / "other.json")
    assert len({before, changed, digest("tokenizer")}) == 3


def test_of_a_hubs_name_the_commit_of_the_local_cache_is_told(tmp_path, monkeypatch):
    cached = tmp_path / "models--a--b" / "snapshots" / "0123abcd" / "config.json"
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda repository, file: str(cached) if repository == "a/b" else None)
    assert origins("scratch", "a/b", "train")["text_encoder"] == {"source": "a/b", "commit": "0123abcd"}
    assert origins("hf-hub:a/b", "scratch", "train")["vision_encoder"]["commit"] == "0123abcd"


def test_a_name_that_cannot_be_had_is_one_line_with_the_remedy(monkeypatch):
    def refuse(*_):
        raise OSError("offline\nand more")

    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_: None)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", refuse)
    with pytest.raises(SystemExit, match=r"a/b: is neither a folder nor in the local cache of a hub \(offline and more\); fetch it"):
        origins("scratch", "a/b", "train")


def test_timms_names_lead_to_the_repository_that_holds_their_weights():
    assert module.hub_name("vit_base_patch16_clip_quickgelu_224.openai") == "timm/vit_base_patch16_clip_224.openai"
