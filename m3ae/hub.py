"""A model folder as Hugging Face's classes see it. `import m3ae.hub`, and their Auto classes know it.

Neither DVC nor DeepSpeed is needed. Shapes: B pairs, L text tokens, S image side in px.
"""

from collections.abc import Sequence
from typing import Any

from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModel,
    AutoModelForVisualQuestionAnswering,
    AutoProcessor,
    BatchFeature,
    ProcessorMixin,
)

from m3ae.huggingface.configuration import M3AEConfig
from m3ae.huggingface.image_processing import M3AEImageProcessor, pixel_values
from m3ae.huggingface.modelling import M3AEForVisualQuestionAnswering, M3AEModel, M3AEOutput
from m3ae.huggingface.own_code import carry_code
from m3ae.prepare.at_hand import AtHand
from m3ae.prepare.params import DicomWindow

__all__ = ["M3AEConfig", "M3AEForVisualQuestionAnswering", "M3AEImageProcessor", "M3AEModel", "M3AEOutput", "M3AEProcessor", "carry_code"]


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
        super().__init__(tokenizer, **others)  # type: ignore[no-untyped-call]  # transformers leaves it so
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
            read["pixel_values"] = pixel_values(images, self.image_px, self.stored_px, self.dicom_window)
        if text is not None:
            texts = [text] if isinstance(text, str) else text
            tokens = self.tokenizer(texts, truncation=True, max_length=self.text_tokens, padding=True, return_tensors="pt")
            read |= {name: tokens[name] for name in ("input_ids", "attention_mask")}
        return BatchFeature(read)


AutoConfig.register("m3ae", M3AEConfig)
AutoModel.register(M3AEConfig, M3AEModel)
AutoModelForVisualQuestionAnswering.register(M3AEConfig, M3AEForVisualQuestionAnswering)
AutoProcessor.register(M3AEConfig, M3AEProcessor)
AutoImageProcessor.register(M3AEConfig, image_processor_classes={"pil": M3AEImageProcessor, "torchvision": M3AEImageProcessor})
