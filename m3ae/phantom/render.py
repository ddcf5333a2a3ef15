"""A latent record -> its picture and the boxes of its findings."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image
from scipy.ndimage import gaussian_filter

from m3ae.phantom import brain, radiograph, sonogram, torso
from m3ae.phantom.devices import PAINTERS
from m3ae.phantom.distractors import collimate, expose, letters, ticks, wires
from m3ae.phantom.findings import paint
from m3ae.phantom.latent import Latent
from m3ae.phantom.noise import NOISES
from m3ae.phantom.shapes import Grid, patient_grid, still_grid
from m3ae.phantom.tissues import brightness

SLICES = {
    ("brain", "axial"): brain.axial,
    ("brain", "coronal"): brain.coronal,
    ("brain", "sagittal"): brain.sagittal,
    ("chest", "axial"): torso.chest_axial,
    ("chest", "coronal"): torso.chest_coronal,
    ("abdomen", "axial"): torso.abdomen_axial,
    ("abdomen", "coronal"): torso.abdomen_coronal,
}
PROJECTIONS = {"frontal": radiograph.frontal, "lateral": radiograph.lateral}
SCANS = {"transverse": sonogram.transverse, "longitudinal": sonogram.longitudinal}


ANATOMY_BRIGHTNESS = np.float32(0.74)  # leaves the brightest greys to findings and devices, which have to stand out


@dataclass(frozen=True)
class Picture:
    """A drawn image and, per finding of its record, [left, top, right, bottom] in px, right and bottom exclusive."""

    image: Image.Image  # "L", or "RGB" for colour Doppler
    boxes: list[list[int]]


def render(latent: Latent, image_px: int, rng: Generator) -> Picture:
    """Draw the picture of a record: the same for the same record, size and generator state."""
    grid, still = patient_grid(image_px, rng), still_grid(image_px)
    canvas = ANATOMY_BRIGHTNESS * anatomy(latent, grid, rng)
    covered = [paint(canvas, grid, finding, latent, rng) for finding in latent.findings]
    if latent.device:
        PAINTERS[latent.device](canvas, grid, rng)
    canvas = NOISES[latent.modality](canvas, still, rng)
    finished = expose(furnish(canvas, grid, still, latent, rng), rng)
    image = Image.fromarray((finished * 255 + 0.5).astype(np.uint8))
    letters(image, rng)
    return Picture(image, [bounds(mask) for mask in covered])


def anatomy(latent: Latent, grid: Grid, rng: Generator) -> np.ndarray:
    """Return the patient before disease, noise and exposure: float32 (P, P)."""
    if latent.modality == "xray":
        return PROJECTIONS[latent.plane](grid, latent.technique, latent.enlarged, rng).astype(np.float32)
    if latent.modality == "ultrasound":
        return SCANS[latent.plane](grid, latent.enlarged, rng).astype(np.float32)
    tissues = SLICES[latent.region, latent.plane](grid, latent.enlarged, rng)
    return gaussian_filter(brightness(latent.modality, latent.technique)[tissues], grid.x.shape[0] / 300)


def furnish(canvas: np.ndarray, grid: Grid, still: Grid, latent: Latent, rng: Generator) -> np.ndarray:
    """Return the canvas with what the machine adds: the fan's black surround and colours, wires, collimation, ticks."""
    if latent.modality == "ultrasound":
        canvas = np.where(sonogram.inside_fan(still), canvas, 0.01).astype(np.float32)
        if latent.technique == "doppler":
            canvas = sonogram.doppler(canvas, grid, still, rng)
    if latent.modality == "xray":
        wires(canvas, still, rng)
        collimate(canvas, still, rng)
    elif rng.random() < 0.5:
        ticks(canvas, still, rng)
    return canvas


def bounds(mask: np.ndarray) -> list[int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]
