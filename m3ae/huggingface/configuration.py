"""config.json of a model folder as Hugging Face's classes read it."""

from typing import Any

from transformers import PretrainedConfig

from m3ae.model.config import CONFIG, MODEL_TYPE, PRETRAINED, ModelConfig, saved_config

MATCHING_LABELS = {0: "mismatch", 1: "match"}  # the logits of a pre-trained model's matching head
RETRIEVAL_LABELS = {0: "match"}


class M3AEConfig(PretrainedConfig):
    """config.json of a model folder; `fields` are those of `m3ae.model.config.ModelConfig`."""

    model_type = MODEL_TYPE

    def __init__(self, **fields: Any):
        own = {name: fields.pop(name) for name in ModelConfig.model_fields if name in fields}
        for derived in ("kind", "label2id"):
            fields.pop(derived, None)
        described = saved_config(own, fields.get("name_or_path") or CONFIG) if own else None
        labels = labels_of(described) if described else {}  # transformers also makes configurations without contents
        super().__init__(id2label=labels, label2id={name: number for number, name in labels.items()}, **fields)
        self.fields = own

    def described(self) -> ModelConfig:
        return saved_config(self.fields, self.name_or_path or CONFIG)

    @property
    def kind(self) -> str | None:
        """Return what the model is for: answer, classify, retrieve, or pretrain."""
        return self.described().kind

    def to_dict(self) -> dict[str, Any]:
        content = super().to_dict()
        return {**content, **content.pop("fields")}

    def to_diff_dict(self) -> dict[str, Any]:
        others = {name: value for name in ("architectures", "auto_map") if (value := getattr(self, name, None))}
        return {**self.described().content(), **others}


def labels_of(config: ModelConfig) -> dict[int, str]:
    """Return what each logit stands for, by number; plain numbers where nothing names the answers."""
    if config.kind == PRETRAINED:
        return MATCHING_LABELS if "itm" in config.objectives else {}
    if config.kind == "retrieve":
        return RETRIEVAL_LABELS
    return dict(sorted(config.id2label.items())) or {number: f"LABEL_{number}" for number in range(config.num_labels)}
