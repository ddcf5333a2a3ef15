"""A model folder, ready to be asked. Shapes: B images or texts, L text tokens, S image side in px."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from m3ae.batches.tokenizer import Tokenizer, Tokens
from m3ae.hub import M3AEProcessor
from m3ae.model.config import ModelConfig, load_config
from m3ae.objectives.learner import Learner
from m3ae.objectives.saved import loaded_learner
from m3ae.prepare.unusable import UnusableImage

NOT_FOR_PATIENTS = "not for clinical use"
KINDS = {
    "answer": "fine-tuned to answer",
    "classify": "fine-tuned to classify",
    "retrieve": "fine-tuned for retrieval",
    "pretrain": "pre-trained",
    None: "an architecture without training",
}


class AskError(SystemExit):
    """A model, an image or a text cannot be used for what is asked; the message names it and the remedy."""


@dataclass(frozen=True)
class Opened:
    """The parts of a model folder, on the GPU where there is one."""

    folder: Path
    config: ModelConfig
    learner: Learner
    tokenizer: Tokenizer
    processor: M3AEProcessor

    @classmethod
    def open(cls, folder: Path) -> "Opened":
        """Load a model folder. Raises `SystemExit` where it holds no model of this project."""
        config = load_config(folder)
        learner = loaded_learner(folder, config).eval().to("cuda" if torch.cuda.is_available() else "cpu")
        return cls(folder, config, learner, Tokenizer.load(folder), M3AEProcessor.from_pretrained(folder))

    @property
    def device(self) -> torch.device:
        return next(self.learner.parameters()).device

    def __str__(self) -> str:
        """Return the model's folder and what it is, as a person wants to be told."""
        title = f": {self.config.task_title}" if self.config.task_title else ""
        return f"{self.folder} ({KINDS[self.config.kind]}{title})"

    def require(self, kinds: Sequence[str], purpose: str) -> None:
        """Raise `AskError` where the model is of no kind that serves a purpose."""
        if self.config.kind not in kinds:
            wanted = " or ".join(KINDS[kind] for kind in kinds)
            raise AskError(f"{self.folder}: this model is {KINDS[self.config.kind]} and cannot {purpose}; give one that is {wanted}")

    def images(self, images: Sequence[Any]) -> Tensor:
        """Return images, given as files or as the processor takes them, as the encoder reads them (B, 3, S, S)."""
        try:
            return self.processor(images=list(images))["pixel_values"].to(self.device)
        except UnusableImage as error:
            if len(images) > 1:
                raise AskError(f"of {len(images)} images: {error}; give images that can be read") from None
            raise AskError(f"{images[0]}: {str(error).removeprefix('image 0: ')}; give an image that can be read") from None

    def texts(self, texts: Sequence[str]) -> Tokens:
        """Return the tokens of texts, cut to the length that the model was trained on."""
        tokens = self.tokenizer(texts, self.config.model.text_tokens)
        return Tokens(*(part.to(self.device) for part in tokens))
