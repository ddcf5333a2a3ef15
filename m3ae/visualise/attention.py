"""Where in a few test images the words of their questions look, in the model that was fine-tuned for the task."""

from pathlib import Path
from typing import Any

from m3ae.ask.attend import WordMap, attend
from m3ae.ask.opened import Opened
from m3ae.shards.read import Shards, open_split
from m3ae.visualise.rows import as_image, spread

NUM_ROWS = 3
NUM_WORDS = 12  # of a longer text those that look most closely at one place
LAST_LAYER = -1
DIGITS = 5  # of a weight; the page shows fewer


def attention(model: Path, shards: Path) -> list[dict[str, Any]]:
    """Return {"id", "image_id", "text", "words": [{"word", "weights"}]} of a few test rows, evenly spread, each of another image.

    Weights are those of `m3ae attend`, a list a row of patches: the cross-attention of the last layer of the fusion, sum 1 a word.
    """
    opened, test = Opened.open(model), open_split(shards, "test")
    first_rows = {image_id: row for row, image_id in reversed([*enumerate(test.column("image_id").to_pylist())])} if len(test) else {}
    of_images = sorted(first_rows.values())
    return [attended_row(opened, test, of_images[place]) for place in spread(len(of_images), NUM_ROWS)]


def attended_row(opened: Opened, test: Shards, number: int) -> dict[str, Any]:
    row = test.row(number)
    text = row["texts"][0]
    words = attend(opened, as_image(test.pixels(number)), text, LAST_LAYER).words
    shown = [{"word": found.word, "weights": found.weights.astype(float).round(DIGITS).tolist()} for found in closest(words)]
    return {"id": row["id"], "image_id": row["image_id"], "text": text, "words": shown}


def closest(words: list[WordMap]) -> list[WordMap]:
    """Return at most `NUM_WORDS`, in the order of the text."""
    kept = sorted(range(len(words)), key=lambda place: (-words[place].weights.max(), place))[:NUM_WORDS]
    return [words[place] for place in sorted(kept)]
