"""A model folder as Hugging Face's classes see it. `import m3ae.hub`, and AutoModel and AutoProcessor know it.

Neither DVC nor DeepSpeed is needed. Shapes: B pairs, L text tokens, N patches, H fusion width, S image side in px.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoProcessor, BatchFeature, PretrainedConfig, PreTrainedModel, ProcessorMixin
from transformers.utils import ModelOutput

from m3ae.batches.images import to_tensor
from m3ae.model.config import ModelConfig, load_config, saved_config
from m3ae.objectives.saved import require_fit, saved_learner
from m3ae.prepare.at_hand import AtHand, loaded
from m3ae.prepare.images import resized
from m3ae.prepare.params import PILLOW_LIMIT, DicomWindow
from m3ae.prepare.unusable import UnusableImage


class M3AEConfig(PretrainedConfig):
    """config.json of a model folder; `fields` are those of `m3ae.model.config.ModelConfig`."""

    model_type = "m3ae"

    def __init__(self, **fields: Any):
        own = {name: fields.pop(name) for name in ModelConfig.model_fields if name in fields}
        super().__init__(**fields)
        self.fields = own

    def described(self) -> ModelConfig:
        return saved_config(self.fields, self.name_or_path or "config.json")

    def to_dict(self) -> dict[str, Any]:
        content = super().to_dict()
        return {**content, **content.pop("fields")}

    def to_diff_dict(self) -> dict[str, Any]:
        return {"model_type": self.model_type, **self.fields}


@dataclass
class M3AEOutput(ModelOutput):
    text: Tensor | None = None  # (B, L, H) after the fusion
    image: Tensor | None = None  # (B, 1 + N, H) after the fusion
    pooled: Tensor | None = None  # (B, 2H), the pair's feature
    logits: Tensor | None = None  # of the head that was trained on pairs: match (B, 2), answers (B, A), or a score (B,)


class M3AEModel(PreTrainedModel):
    """The whole model, with the heads of what it was trained for."""

    config_class = M3AEConfig
    main_input_name = "pixel_values"

    def __init__(self, config: M3AEConfig):
        super().__init__(config)
        with torch.device("cpu"):  # transformers makes its models without contents; see `from_pretrained`
            learner = saved_learner(config.described())
        self.backbone, self.objectives = learner.backbone, learner.objectives
        in_files = self.state_dict().keys()
        self.fixed = {name: buffer.clone() for name, buffer in self.named_buffers() if name not in in_files}
        self.post_init()

    @classmethod
    def from_pretrained(cls, *arguments: Any, **options: Any) -> Any:
        """Load a model as transformers does, and restore what it forgets, for no file holds it: fixed positions, a Swin's windows."""
        if arguments and (folder := Path(arguments[0])).is_dir():
            require_fit(folder, load_config(folder))
        loaded = super().from_pretrained(*arguments, **options)
        model = loaded[0] if isinstance(loaded, tuple) else loaded
        for name, value in model.fixed.items():
            model.get_buffer(name).copy_(value)
        return loaded

    def _init_weights(self, module: nn.Module) -> None:
        """Do nothing: new weights are drawn where the modules are made."""

    def forward(self, pixel_values: Tensor, input_ids: Tensor, attention_mask: Tensor) -> M3AEOutput:
        """Encode and fuse normalised images (B, 3, S, S) and token ids (B, L) with their mask (B, L; 1 = a token)."""
        text, image = self.backbone.encode_text(input_ids, attention_mask), self.backbone.encode_image(pixel_values)
        fused = self.backbone.fusion(text, attention_mask.bool(), image)
        pooled = self.backbone.fusion.pooled(fused)
        head = next((self.objectives[name].head for name in self.objectives if hasattr(self.objectives[name], "head")), None)
        return M3AEOutput(text=fused.text, image=fused.image, pooled=pooled, logits=head(pooled) if head else None)


class M3AEProcessor(ProcessorMixin):
    """Images and texts -> what the model reads: of every image the tensor that training makes of its file.

    An image is a path, an image of PIL (best undecoded: of 16-bit colour Pillow's decoder keeps 8) or a NumPy array of samples.
    """

    attributes = ["tokenizer"]
    tokenizer_class = "AutoTokenizer"

    def __init__(
        self,
        tokenizer: Any = None,
        image_px: int = 0,
        text_tokens: int = 0,
        stored_px: int | None = None,
        dicom_window: DicomWindow = "voi",
        **others: Any,
    ):
        super().__init__(tokenizer, **others)
        self.image_px, self.text_tokens = image_px, text_tokens
        self.stored_px, self.dicom_window = stored_px or image_px, dicom_window  # as the images that it was trained on were stored

    def __call__(
        self, images: AtHand | Sequence[AtHand] | None = None, text: str | list[str] | None = None, **_others: Any
    ) -> BatchFeature:
        """Return pixel_values (B, 3, S, S) of one or several images, and input_ids and attention_mask (B, L) of one or several texts.

        Raises `UnusableImage` that names which image cannot be used, and why.
        """
        read = {}
        if images is not None:
            several = images if isinstance(images, list | tuple) else [images]
            read["pixel_values"] = torch.stack([self.tensor(number, image) for number, image in enumerate(several)])
        if text is not None:
            texts = [text] if isinstance(text, str) else text
            tokens = self.tokenizer(texts, truncation=True, max_length=self.text_tokens, padding=True, return_tensors="pt")
            read |= {name: tokens[name] for name in ("input_ids", "attention_mask")}
        return BatchFeature(read)

    def tensor(self, number: int, image: AtHand) -> Tensor:
        """Return what the encoder reads of an image, (3, S, S): stored and read as in training."""
        try:
            picture = loaded(image, PILLOW_LIMIT, self.dicom_window)
        except UnusableImage as error:
            raise UnusableImage(f"image {number}: {error}") from None
        return to_tensor(resized(picture, self.stored_px), self.image_px)


AutoConfig.register("m3ae", M3AEConfig)
AutoModel.register(M3AEConfig, M3AEModel)
AutoProcessor.register(M3AEConfig, M3AEProcessor)
