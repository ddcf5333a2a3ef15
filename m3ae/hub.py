"""A model folder as Hugging Face's classes see it. `import m3ae.hub`, and their Auto classes know it.

Neither DVC nor DeepSpeed is needed. Shapes: B pairs, L text tokens, S image side in px.
"""

from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoConfig, AutoModel, AutoModelForVisualQuestionAnswering, AutoProcessor, BatchFeature, ProcessorMixin

from m3ae.batches.images import to_tensor
from m3ae.huggingface.configuration import M3AEConfig
from m3ae.huggingface.modelling import M3AEForVisualQuestionAnswering, M3AEModel, M3AEOutput
from m3ae.huggingface.own_code import carry_code

__all__ = ["M3AEConfig", "M3AEForVisualQuestionAnswering", "M3AEModel", "M3AEOutput", "M3AEProcessor", "carry_code"]


class M3AEProcessor(ProcessorMixin):
    """Images and texts -> what the model reads. Pictures are cropped and resized as in training."""

    attributes = ["tokenizer"]
    tokenizer_class = "AutoTokenizer"

    def __init__(self, tokenizer: Any = None, image_px: int = 0, text_tokens: int = 0, **others: Any):
        super().__init__(tokenizer, **others)
        self.image_px, self.text_tokens = image_px, text_tokens

    def __call__(self, images: list[Image.Image], text: list[str]) -> BatchFeature:
        pixels = [np.asarray(image.convert("L" if image.mode in ("L", "1", "I;16") else "RGB")) for image in images]
        tensors = [to_tensor(array.reshape(*array.shape[:2], -1), self.image_px) for array in pixels]
        tokens = self.tokenizer(text, truncation=True, max_length=self.text_tokens, padding=True, return_tensors="pt")
        read = {name: tokens[name] for name in ("input_ids", "attention_mask")}
        return BatchFeature({"pixel_values": torch.stack(tensors), **read})


AutoConfig.register("m3ae", M3AEConfig)
AutoModel.register(M3AEConfig, M3AEModel)
AutoModelForVisualQuestionAnswering.register(M3AEConfig, M3AEForVisualQuestionAnswering)
AutoProcessor.register(M3AEConfig, M3AEProcessor)
