"""`m3ae reconstruct`, `m3ae attend`: pictures of what a model makes of an image."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from m3ae.commands.shared import Json, Model, opened, say, say_json, signed

Image = Annotated[Path, Argument(help="an image")]
Caption = Annotated[str, Option(help="a caption that the model may read; default: none", show_default=False)]
Ratios = Annotated[list[float], Option("--mask-ratio", help="share of the patches to hide; several times for several rows")]
Seed = Annotated[int, Option(min=0, help="of which patches are hidden")]
Words = Annotated[str, Argument(metavar="TEXT", help="whose words are looked for in the image")]
Layer = Annotated[int, Option(help="of the fusion, from 1; -1 = the last")]
Picture = Annotated[Path, Option(help="the PNG to write")]


def reconstruct(
    image: Image,
    mask_ratio: Ratios = [0.75],  # noqa: B006
    text: Caption = "",
    seed: Seed = 0,
    out: Picture = Path("reconstruction.png"),
    model: Model = None,
    json: Json = False,
) -> None:
    """Draw what a model makes of an image's hidden patches."""
    from m3ae.ask.pictures import draw_reconstructions
    from m3ae.ask.reconstruct import reconstruct as compute

    asking = opened(model, ("pretrain",), "reconstruct images")
    rows = compute(asking, image, text, mask_ratio, seed)
    draw_reconstructions(rows, str(asking), out)
    errors = [{"mask_ratio": row.mask_ratio, "error": row.error} for row in rows]
    if json:
        say_json(signed(asking, {"image": str(image), "picture": str(out), "errors": errors}))
    else:
        lines = [f"mask ratio {row.mask_ratio:g}: mean absolute error {row.error:.1f} of 255 levels" for row in rows]
        say(asking, [*lines, f"picture: {out}"])


def attend(
    image: Image, text: Words, layer: Layer = -1, out: Picture = Path("attention.png"), model: Model = None, json: Json = False
) -> None:
    """Draw where in an image each word of a text looks.

    A map is the word's cross-attention in one layer of the fusion, the mean over the heads.
    """
    from m3ae.ask.attend import attend as compute
    from m3ae.ask.pictures import draw_attention

    asking = opened(model, ("pretrain", "retrieve", "answer", "classify"), "show attention")
    found = compute(asking, image, text, layer)
    draw_attention(found, text, str(asking), out)
    if json:
        words = [{"word": word.word, "weights": word.weights.tolist()} for word in found.words]
        say_json(signed(asking, {"image": str(image), "picture": str(out), "words": words}))
    else:
        say(asking, [f"picture: {out}"])
