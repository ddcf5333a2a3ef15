"""`m3ae search`, `m3ae embed`: many images or many texts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, echo

from m3ae.commands.shared import Best, Json, Model, opened, say, say_json, say_unread, signed

if TYPE_CHECKING:
    from m3ae.ask.search import Hit

Wanted = Annotated[str, Argument(metavar="TEXT|IMAGE", help="a text, to search a folder; an image, to search a file of texts")]
Where = Annotated[Path, Argument(metavar="FOLDER|FILE", help="a folder of images, or a file with a text a line")]
Folder = Annotated[Path, Argument(help="a folder of images")]
Rerank = Annotated[int, Option(min=0, help="how many, the most similar before the fusion, the fusion reads; 0: all")]
Parquet = Annotated[Path, Option(help="the file to write")]
SEARCHING = ("retrieve", "pretrain")


def search(wanted: Wanted, where: Where, model: Model = None, best: Best = 5, rerank: Rerank = 0, json: Json = False) -> None:
    """Search a folder for a text, or texts for an image.

    Every image is encoded once and kept in the user's cache; the fusion then reads it beside the text. With --rerank, the fusion reads
    the most similar ones alone, and no others are found.
    """
    from m3ae.ask.opened import AskError
    from m3ae.ask.requests import text_of
    from m3ae.ask.search import search_images, search_texts

    if not where.exists():
        raise AskError(f"{where}: no such file or folder; give a folder of images, or a file with a text a line")
    asking = opened(model, SEARCHING, "search")
    if where.is_dir():
        found = search_images(asking, wanted, where, best, rerank)
        hits, unread = found.hits, found.unread
    else:
        texts = [line.strip() for line in text_of(where).splitlines() if line.strip()]
        if not texts:
            raise AskError(f"{where}: holds no text; write one a line")
        hits, unread = search_texts(asking, wanted_image(wanted), texts, best, rerank), []
    say_unread(unread)
    if json:
        say_json(signed(asking, {"wanted": wanted, "found": [{"found": str(hit.found), "score": hit.score} for hit in hits]}))
    else:
        say(asking, map(line_of, hits))


def wanted_image(wanted: str) -> Path:
    from m3ae.ask.opened import AskError

    if not Path(wanted).is_file():
        raise AskError(f"{wanted}: no such image; a file of texts is searched for an image, a folder of images for a text")
    return Path(wanted)


def line_of(hit: "Hit") -> str:
    return f"{hit.score:+8.3f}  {hit.found}"


def embed(folder: Folder, out: Parquet = Path("embeddings.parquet"), model: Model = None) -> None:
    """Write the images of a folder as vectors, to Parquet.

    A vector is the mean of an image's tokens before the fusion.
    """
    from m3ae.ask.embed import embed as write

    asking = opened(model, ("pretrain", "retrieve", "answer", "classify"), "embed images")
    num_rows, unread = write(asking, folder, out)
    say_unread(unread)
    echo(f"{out}: {num_rows} rows; {asking}")
