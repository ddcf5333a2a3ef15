"""`m3ae answer`, `m3ae match`: an image and a text, or many."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument

from m3ae.commands.shared import Best, Json, Model, Out, opened, say, say_json, signed

if TYPE_CHECKING:
    from m3ae.ask.opened import Opened
    from m3ae.ask.requests import Request

AT_ONCE = 16
Images = Annotated[Path, Argument(metavar="IMAGE", help="an image, a folder of images, or a .jsonl file of images and texts")]
Question = Annotated[str | None, Argument(help="what is asked of the image, or of each in the folder", show_default=False)]
Text = Annotated[str | None, Argument(help="what may belong to the image, or to each in the folder", show_default=False)]
Work = Callable[[list["Request"]], list[dict[str, Any]]]
Lines = Callable[[dict[str, Any]], list[str]]


def answer(images: Images, question: Question = None, model: Model = None, best: Best = 5, json: Json = False, out: Out = None) -> None:
    """Answer a question about an image.

    Prints the best answers of a fine-tuned model with their scores. A folder, or a file of lines {"image": ..., "question": ...},
    gives a JSON line for each image.
    """
    from m3ae.ask.answer import ANSWERING, answers, require_answers
    from m3ae.ask.requests import requests

    asked = requests(images, question, "question")
    asking = opened(model, ANSWERING, "answer")
    require_answers(asking)

    def work(batch: list["Request"]) -> list[dict[str, Any]]:
        said = answers(asking, [request.image for request in batch], [request.text for request in batch], best)
        return [{"answers": [one._asdict() for one in found]} for found in said]

    def lines(found: dict[str, Any]) -> list[str]:
        return [f"{one['score']:7.1%}  {one['answer']}" for one in found["answers"]]

    respond(asking, images, asked, work, lines, json, out)


def match(images: Images, text: Text = None, model: Model = None, json: Json = False, out: Out = None) -> None:
    """Say how well an image and a text belong together.

    A pre-trained model gives a probability, a retrieval model a score. A folder, or a file of lines {"image": ..., "text": ...},
    gives a JSON line for each image.
    """
    from m3ae.ask.match import MATCHING, gives_probabilities, matches, require_matching
    from m3ae.ask.requests import requests

    asked = requests(images, text, "text")
    asking = opened(model, MATCHING, "match images with texts")
    require_matching(asking)
    scale = "probability" if gives_probabilities(asking) else "logit"

    def work(batch: list["Request"]) -> list[dict[str, Any]]:
        scores = matches(asking, [request.image for request in batch], [request.text for request in batch])
        return [{"score": score, "scale": scale} for score in scores]

    def lines(found: dict[str, Any]) -> list[str]:
        if scale == "probability":
            return [f"{found['score']:7.1%}  that they belong together"]
        return [f"{found['score']:+.3f}  (a retrieval model's score: higher than another pair's means a better match)"]

    respond(asking, images, asked, work, lines, json, out)


def respond(model: "Opened", images: Path, asked: list["Request"], work: Work, lines: Lines, json: bool, out: Path | None) -> None:
    """Write a JSON line a request where many are asked; else say the only answer, in `lines` for people or as JSON."""
    from m3ae.ask.requests import is_batch

    if is_batch(images):
        write_lines(model, asked, work, out)
        return
    [found] = work(asked)
    if json:
        say_json(signed(model, {**asked[0].given, **found}))
    else:
        say(model, lines(found))


def write_lines(model: "Opened", asked: list["Request"], work: Work, out: Path | None) -> None:
    """Write a JSON line for each request, in their order; one whose image cannot be read says so under "error"."""
    import json

    from m3ae.ask.files import Unread, in_batches

    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8") if out is not None else nullcontext(sys.stdout) as file:
        for request, found in in_batches(asked, AT_ONCE, work, "image"):
            said = {"error": found.reason} if isinstance(found, Unread) else found
            file.write(json.dumps(signed(model, {**request.given, **said}), ensure_ascii=False) + "\n")
