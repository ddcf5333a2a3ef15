"""What `check` can know of tokenizers and text encoders that lie in folders."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer as Words
from tokenizers.models import WordLevel
from transformers import BertConfig, MPNetConfig, PreTrainedTokenizerFast, RobertaConfig

from m3ae.batches.tokenizer import train
from m3ae.model.fit import check_model, check_texts
from m3ae.model.params import ModelParams
from tests import tiny

SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
TEXTS = ["Axial CT of the abdomen."] * 3


def named(encoder: Path | str, **sizes) -> ModelParams:
    return ModelParams(**{**tiny.model().model_dump(), "text_encoder": str(encoder), **sizes})


@pytest.fixture
def tokenizer(tmp_path) -> str:
    """A tokenizer in RoBERTa's form, of about 300 tokens."""
    train(TEXTS, 320).save_pretrained(tmp_path / "tokenizer")
    return str(tmp_path / "tokenizer")


def roberta(folder: Path, **changes) -> Path:
    RobertaConfig(**{**SIZES, "vocab_size": 400, "max_position_embeddings": 34, "pad_token_id": 1, **changes}).save_pretrained(folder)
    return folder


def test_what_fits_passes(tokenizer, tmp_path):
    check_texts(named("scratch"), "train", {"model.text_tokens": 512})
    check_texts(named("scratch"), tokenizer, {"model.text_tokens": 512})
    check_texts(named(roberta(tmp_path / "encoder")), tokenizer, {"model.text_tokens": 9, "finetune.slake.text_tokens": 32})


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("roberta", RobertaConfig(**SIZES, max_position_embeddings=34, pad_token_id=1)),
        ("mpnet", MPNetConfig(**SIZES, max_position_embeddings=34, pad_token_id=1)),
        ("bert", BertConfig(**SIZES, max_position_embeddings=32)),
    ],
)
def test_a_text_longer_than_the_encoder_reads_is_refused_by_its_parameters_name(tokenizer, tmp_path, name, config):
    config.save_pretrained(tmp_path / name)
    check_texts(named(tmp_path / name), tokenizer, {"finetune.slake.text_tokens": 32})
    with pytest.raises(ValueError, match=f"{name}' reads 32 tokens of a text, fewer than finetune.slake.text_tokens 33"):
        check_texts(named(tmp_path / name), tokenizer, {"finetune.vqa_rad.text_tokens": 32, "finetune.slake.text_tokens": 33})


def test_an_encoder_from_scratch_reads_512_tokens(tokenizer):
    with pytest.raises(ValueError, match="a text encoder from scratch reads 512 tokens of a text, fewer than model.text_tokens 513"):
        check_texts(named("scratch"), "train", {"model.text_tokens": 513})


def test_a_tokenizer_larger_than_the_encoders_vocabulary_is_refused(tokenizer, tmp_path):
    with pytest.raises(ValueError, match=r"a tokenizer of \d+ tokens \(it knows 50; tokenizer.source names the encoder's own\)"):
        check_texts(named(roberta(tmp_path / "encoder", vocab_size=50)), tokenizer, {})


def test_an_encoder_of_other_sizes_is_refused(tokenizer, tmp_path):
    with pytest.raises(ValueError, match=r"text_width 16 \(it has 24\)"):
        check_texts(named(roberta(tmp_path / "encoder", hidden_size=24)), tokenizer, {})


@pytest.mark.parametrize("name", ["/nowhere/tokenizer", "./nowhere", "../nowhere", "~/nowhere", "a/b/c", "models/bert"])
def test_no_hub_is_asked_for_what_can_only_be_a_folder(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    with pytest.raises(ValueError, match="tokenizer.source = .*: no such folder"):
        check_texts(named("scratch"), name, {})
    with pytest.raises(ValueError, match="model.text_encoder = .*: no such folder"):
        check_texts(named(name), "org/tokenizer", {})


def bare(folder: Path, **special: str) -> str:
    """A tokenizer that knows no special tokens but those that are named, and writes none around a text."""
    words = Words(WordLevel({"<mask>": 0, "<pad>": 1, "<s>": 2, "</s>": 3, "lung": 4}, unk_token="lung"))
    PreTrainedTokenizerFast(tokenizer_object=words, **special).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize(
    ("special", "missing"),
    [
        ({}, "mask"),
        ({"mask_token": "<mask>"}, "padding"),
        ({"mask_token": "<mask>", "pad_token": "<pad>"}, "begin"),
        ({"mask_token": "<mask>", "pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>"}, "begin"),
    ],
)
def test_a_tokenizer_without_a_special_token_that_the_model_needs_is_refused(tmp_path, special, missing):
    with pytest.raises(SystemExit, match=f"tokenizer.source = .* has no {missing} token; give one of a BERT or RoBERTa"):
        check_texts(named("scratch"), bare(tmp_path, **special), {})


def test_a_folder_that_holds_no_tokenizer_is_refused(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(SystemExit, match="tokenizer.source = .* cannot be loaded"):
        check_texts(named("scratch"), str(tmp_path), {})


def test_a_saved_model_is_fine_tuned_at_sizes_that_it_can_read():
    config = tiny.config(tiny.model())
    check_model(config, {"slake": (48, 512)})
    with pytest.raises(ValueError, match="it reads 512 tokens of a text, fewer than finetune.slake.text_tokens 513"):
        check_model(config, {"vqa_rad": (32, 512), "slake": (32, 513)})
    with pytest.raises(ValueError, match="it has patches of 8 px, and image_px 36 of slake is not a multiple of it"):
        check_model(config, {"slake": (36, 9)})
