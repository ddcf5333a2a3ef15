"""A small model of ours as an authors' file, and a tokenizer for it."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer as Words
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from m3ae.authors.convert import export_folder
from m3ae.model.folder import save_model
from m3ae.objectives.build import pretraining_learner


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> Path:
    """A tokenizer small enough for every model here."""
    folder = tmp_path_factory.mktemp("words")
    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "mass", "lung"]
    known = Words(WordLevel({name: number for number, name in enumerate(names)}, unk_token="<unk>"))
    special = dict(zip(("bos_token", "pad_token", "eos_token", "unk_token", "mask_token"), names, strict=False))
    PreTrainedTokenizerFast(tokenizer_object=known, **special).save_pretrained(folder)
    return folder


@pytest.fixture
def exported(tmp_path, config, words) -> Path:
    """A model of ours as an authors' file."""
    learner = pretraining_learner(config, dict.fromkeys(config.objectives, 1.0), seed=0)
    described = config.model_copy(update={"text": learner.backbone.text.transformer.config.to_diff_dict()})
    save_model(tmp_path / "ours", described, learner.state_dict(), words, "")
    export_folder(tmp_path / "ours", tmp_path / "ours.ckpt")
    return tmp_path / "ours.ckpt"
