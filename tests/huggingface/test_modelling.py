import pytest
import torch
from transformers import AutoModel

from m3ae.hub import M3AEModel
from tests.answering import write_answering, write_model, write_retrieving


@pytest.fixture
def model(tmp_path, config) -> M3AEModel:
    return AutoModel.from_pretrained(write_model(tmp_path / "model", config))


def test_either_half_alone_gives_its_features(model, batch):
    alone = model(pixel_values=batch.images)
    assert alone.keys() == {"image"} and torch.equal(alone.image, model.backbone.encode_image(batch.images))
    assert model(input_ids=batch.text_ids).keys() == {"text"}
    with pytest.raises(ValueError, match="neither pixel_values nor input_ids"):
        model()


def test_attentions_and_states_are_given_where_they_are_asked_for(model, batch):
    plain = model(batch.images, batch.text_ids, batch.text_mask)
    shown = model(batch.images, batch.text_ids, batch.text_mask, output_attentions=True, output_hidden_states=True)
    assert plain.attentions is None and plain.hidden_states is None
    assert len(shown.attentions) == 4 and len(shown.hidden_states) == 5
    assert torch.allclose(plain.logits, shown.logits, atol=1e-5)
    assert isinstance(model(batch.images, batch.text_ids, return_dict=False), tuple)


def test_padding_changes_no_text_feature(model, batch):
    padded = model.get_text_features(batch.text_ids, batch.text_mask)[0]
    alone = model.get_text_features(batch.text_ids[:1, :6], batch.text_mask[:1, :6])[0]
    assert torch.allclose(padded, alone, atol=1e-5) and model.get_image_features(batch.images).shape == (4, 16)


def test_a_model_knows_what_its_logits_stand_for(tmp_path, config, model):
    answering = AutoModel.from_pretrained(write_answering(tmp_path / "answering", config)).config
    retrieving = AutoModel.from_pretrained(write_retrieving(tmp_path / "retrieving", config)).config
    assert (answering.kind, answering.num_labels, answering.id2label[2], answering.label2id["no"]) == ("answer", 3, "left lung", 1)
    assert (model.config.kind, model.config.id2label) == ("pretrain", {0: "mismatch", 1: "match"})
    assert (retrieving.kind, retrieving.num_labels) == ("retrieve", 1)
