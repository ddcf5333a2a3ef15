import json

import pytest
from pydantic import ValidationError

from m3ae.model.config import CONFIG, ModelConfig, load_config, save_config


def answering(config: ModelConfig, **changes) -> ModelConfig:
    names = {"objectives": ("answer",), "num_labels": 2, "id2label": {0: "no", 1: "yes"}, "task": "vqa_rad"}
    return config.model_copy(update=names | changes)


def test_a_configuration_with_named_answers_comes_back(config, tmp_path):
    save_config(tmp_path, answering(config))
    assert load_config(tmp_path) == answering(config)
    assert load_config(tmp_path).labels == ["no", "yes"]


def test_the_file_says_kind_and_labels_both_ways(config, tmp_path):
    save_config(tmp_path, answering(config))
    content = json.loads((tmp_path / CONFIG).read_text())
    assert (content["kind"], content["id2label"], content["label2id"]) == ("answer", {"0": "no", "1": "yes"}, {"no": 0, "yes": 1})


@pytest.mark.parametrize(
    ("objectives", "kind"), [(("mlm", "itm"), "pretrain"), (("retrieval",), "retrieve"), (("classify",), "classify"), ((), None)]
)
def test_the_kind_follows_from_the_objectives(config, objectives, kind):
    assert config.model_copy(update={"objectives": objectives}).kind == kind


def test_an_architecture_knows_nothing_of_a_task(config):
    assert answering(config).without_pretraining() == config.without_pretraining()


@pytest.mark.parametrize("labels", [{0: "no"}, {0: "no", 2: "yes"}, {0: "no", 1: "no"}])
def test_labels_that_do_not_name_each_logit_once_are_refused(config, labels):
    with pytest.raises(ValidationError, match="does not name each of 2 labels once"):
        ModelConfig(**{**answering(config).model_dump(), "id2label": labels})


def test_a_file_that_names_no_answers_is_read(config, tmp_path):
    before = {
        name: value for name, value in answering(config, id2label={}).model_dump(mode="json").items() if name[:4] not in ("id2l", "task")
    }
    (tmp_path / CONFIG).write_text(json.dumps({"model_type": "m3ae", **before}))
    assert load_config(tmp_path).num_labels == 2 and load_config(tmp_path).labels == []


@pytest.mark.parametrize("changes", [{"id2label": {0: "no", 1: "\x1b[2J"}}, {"task": "a\nb"}, {"task_title": "x" * 301}])
def test_names_that_a_screen_should_not_be_sent_are_refused(config, changes):
    with pytest.raises(ValidationError, match="cannot be printed"):
        ModelConfig(**{**answering(config).model_dump(), **changes})
