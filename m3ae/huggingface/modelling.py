"""A model folder as Hugging Face's model classes. Shapes: B pairs, L text tokens, N patches, H fusion width, S image side in px."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.utils import ModelOutput

from m3ae.huggingface.configuration import M3AEConfig
from m3ae.huggingface.own_code import carry_code
from m3ae.model.attended import LayerAttentions, attended
from m3ae.model.config import load_config
from m3ae.model.fusion import Fused
from m3ae.objectives.saved import require_fit, saved_learner


@dataclass
class M3AEOutput(ModelOutput):
    """What the model returns of a pair; of an image alone or a text alone, its features before the fusion and nothing else."""

    text: Tensor | None = None  # (B, L, H) after the fusion
    image: Tensor | None = None  # (B, 1 + N, H) after the fusion
    pooled: Tensor | None = None  # (B, 2H), the pair's feature
    logits: Tensor | None = None  # of the head that was trained on pairs: match (B, 2), answers (B, A), or a score (B,)
    hidden_states: tuple[Fused, ...] | None = None  # of both streams, before the first fusion layer and after each
    attentions: tuple[LayerAttentions, ...] | None = None  # of each fusion layer: (B, heads, queries, keys)


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
        self.post_init()  # type: ignore[no-untyped-call]  # transformers leaves it so

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

    def save_pretrained(self, save_directory: str | PathLike[str], *arguments: Any, **options: Any) -> None:
        """Save the model as transformers does, with the code that loads it where this package is not installed."""
        super().save_pretrained(save_directory, *arguments, **options)
        carry_code(Path(save_directory))

    def _init_weights(self, module: nn.Module) -> None:
        """Do nothing: new weights are drawn where the modules are made."""

    def forward(
        self,
        pixel_values: Tensor | None = None,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
    ) -> M3AEOutput | tuple[Any, ...]:
        """Encode and fuse normalised images (B, 3, S, S) and token ids (B, L) with their mask (B, L; 1 = a token; default: all are).

        Either half may be left out; then the other one's features are returned as they are before the fusion. Raises `ValueError`
        where both are.
        """
        if pixel_values is None and input_ids is None:
            raise ValueError("neither pixel_values nor input_ids is given; give an image, a text, or both")
        text, mask, image = None, attention_mask, None
        if pixel_values is not None:
            image = self.backbone.encode_image(pixel_values)
        if input_ids is not None:
            mask = torch.ones_like(input_ids) if mask is None else mask
            text = self.backbone.encode_text(input_ids, mask)
        if text is None or mask is None or image is None:
            said = M3AEOutput(text=text, image=image)
        else:
            said = self.fused(text, mask.bool(), image, output_attentions, output_hidden_states)
        return said.to_tuple() if return_dict is False else said

    def fused(self, text: Tensor, mask: Tensor, image: Tensor, with_attentions: bool | None, with_states: bool | None) -> M3AEOutput:
        fusion = self.backbone.fusion
        if with_attentions or with_states:
            inside = attended(fusion, text, mask, image)
            fused = inside.states[-1]
        else:
            inside, fused = None, fusion(text, mask, image)
        pooled = fusion.pooled(fused)
        head = next((self.objectives[name].head for name in self.objectives if hasattr(self.objectives[name], "head")), None)
        logits = head(pooled) if head else None
        return M3AEOutput(
            text=fused.text,
            image=fused.image,
            pooled=pooled,
            logits=logits,
            hidden_states=inside.states if inside and with_states else None,
            attentions=inside.attentions if inside and with_attentions else None,
        )

    def get_image_features(self, pixel_values: Tensor) -> Tensor:
        """Return the mean of each image's tokens before the fusion (B, H)."""
        return self.backbone.encode_image(pixel_values).mean(dim=1)

    def get_text_features(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Return the mean of each text's tokens before the fusion (B, H), padding left out."""
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        tokens = self.backbone.encode_text(input_ids, mask)
        return (tokens * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)


class M3AEForVisualQuestionAnswering(M3AEModel):
    """A model whose logits are answers, as `config.id2label` names them. Raises `ValueError` where they are something else."""

    def __init__(self, config: M3AEConfig):
        if config.kind not in ("answer", "classify"):
            raise ValueError(f"this model gives no answers (kind: {config.kind}); load one that was fine-tuned to answer, or use AutoModel")
        super().__init__(config)
