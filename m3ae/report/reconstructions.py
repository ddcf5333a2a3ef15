"""Validation images of which more and more is hidden, and what the pre-trained model makes of them."""

from dataclasses import dataclass

from m3ae.report.examples import data_uri
from m3ae.report.inputs import Inputs


@dataclass(frozen=True)
class Strip:
    """Pictures side by side, an image each; `measured` are (score, value) of the row."""

    title: str
    picture: str
    description: str
    measured: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reconstructions:
    """The rows from top to bottom; `missing` says why there are none."""

    strips: tuple[Strip, ...] = ()
    num_images: int = 0
    missing: str = ""


def reconstructions(inputs: Inputs) -> Reconstructions:
    """Return what the stage `visualise` left."""
    found = inputs.reconstructed()
    if "missing" in found:
        return Reconstructions(missing=found["missing"])
    original = Strip("original", picture(inputs, "original"), f"Validation images {', '.join(found['shown'])}")
    rows = (strip for row in found["rows"] for strip in strips(inputs, row))
    return Reconstructions((original, *rows), found["num_images"])


def strips(inputs: Inputs, row: dict[str, float]) -> tuple[Strip, Strip]:
    share, loss, similarity = f"{100 * row['mask_ratio']:g}", f"{row['loss']:.3f}", f"{row['ssim']:.3f}"
    seen = Strip(f"{share}% masked", picture(inputs, f"seen-{share}"), f"The same images with {share}% of their patches masked")
    described = f"The reconstructions at {share}% masked; mean squared error {loss}, SSIM {similarity}"
    return seen, Strip("reconstructed", picture(inputs, f"reconstructed-{share}"), described, (("MSE", loss), ("SSIM", similarity)))


def picture(inputs: Inputs, name: str) -> str:
    return data_uri((inputs.data / "visualised" / "reconstructions" / f"{name}.png").read_bytes())
