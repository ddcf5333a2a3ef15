"""What the page asks of the models about one image, and what it shows of what they say."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from m3ae.ask.answer import answers, require_answers
from m3ae.ask.attend import attend
from m3ae.ask.captions import Captions, nearest_captions
from m3ae.ask.opened import AskError, Opened
from m3ae.ask.reconstruct import reconstruct
from m3ae.demo.pictures import as_address, overlaid

NUM_BEST = 5
LAST_LAYER = -1
SEED = 0  # of which patches are hidden: a moved slider hides more or fewer of the same ones
NO_QUESTION, NO_RATIO = "ask a question", "the mask ratio is a number between 0 and 1"


@dataclass(frozen=True)
class Demo:
    """The models behind the page, and the captions of the training set, or why there are none."""

    answering: Opened
    pretrained: Opened
    captions: Captions | str

    def answer(self, image: Path, question: str) -> dict[str, Any]:
        """Return the best answers, and for each word of the question the image under its attention."""
        if not question.strip():
            raise AskError(NO_QUESTION)
        [found] = answers(self.answering, [image], [question], NUM_BEST)
        attention = attend(self.answering, image, question, LAST_LAYER)
        words = [{"word": map_.word, "picture": as_address(picture)} for map_, picture in overlaid(attention)]
        return {"answers": found, "words": words, "even": 1 / attention.words[0].weights.size, "model": self.answering}

    def reconstruct(self, image: Path, mask_ratio: str) -> dict[str, Any]:
        """Return the image, what the encoder is shown of it, and the reconstruction."""
        [found] = reconstruct(self.pretrained, image, "", [ratio_of(mask_ratio)], SEED)
        panels = {"original": found.original, "seen": found.seen, "reconstructed": found.reconstructed}
        return {"panels": {name: as_address(pixels) for name, pixels in panels.items()}, "found": found, "model": self.pretrained}

    def captions_near(self, image: Path, _: str) -> dict[str, Any]:
        """Return the captions of the training set that suit the image best."""
        if isinstance(self.captions, str):
            raise AskError(self.captions)
        return {"hits": nearest_captions(self.pretrained, self.captions, image, NUM_BEST), "model": self.pretrained}


def opened_demo(answering: Opened, pretrained: Opened, captions: Captions | str) -> Demo:
    """Return what the page asks. Raises `AskError` where the first model gives no answers."""
    require_answers(answering)
    return Demo(answering, pretrained, captions)


def ratio_of(mask_ratio: str) -> float:
    try:
        ratio = float(mask_ratio)
    except ValueError:
        raise AskError(NO_RATIO) from None
    if not 0 < ratio < 1:
        raise AskError(NO_RATIO)
    return ratio


def without_keeping(content: bytes, ask: Callable[[Path, str], dict[str, Any]], text: str) -> dict[str, Any]:
    """Ask about an image that is a file for no longer than that. Raises `AskError` that does not say where it was."""
    with TemporaryDirectory(prefix="m3ae-demo-") as folder:
        image = Path(folder, "image")
        image.write_bytes(content)
        try:
            return ask(image, text)
        except AskError as error:
            raise AskError(str(error).removeprefix(f"{image}: ")) from None
