"""Made-up scans with structure, and what becomes of a picture on its way through the web."""

import io

import numpy as np
from PIL import Image, ImageFilter

NUM_BLOBS = 40
SIDES_PX = (512, 2000)


def scan(seed: int, width: int = 320, height: int = 280) -> Image.Image:
    """Random blobs: no two seeds are alike."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width]
    image = np.zeros((height, width))
    for _ in range(NUM_BLOBS):
        y, x, size, level = random.uniform(0, height), random.uniform(0, width), random.uniform(8, 60), random.uniform(-1, 1)
        distance = ((down - y) ** 2 + (across - x) ** 2) ** 0.5
        image += level * (np.exp(-((distance / size) ** 2) / 2) + (distance < size / 3))  # a haze with a core that has an edge
    scaled = (image - image.min()) / np.ptp(image)
    return Image.fromarray((255 * scaled).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))


def smooth_noise(number: int, sides_px: tuple[int, int] = SIDES_PX) -> Image.Image:
    """A picture about as hard to compress as a figure: coarse structure with a little grain; every fourth in colour."""
    random = np.random.default_rng(number)
    size = tuple(int(side) for side in random.integers(*sides_px, 2))
    coarse = Image.fromarray(random.integers(0, 256, (24, 24, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = random.integers(-6, 7, (size[1], size[0], 1), np.int16)
    picture = Image.fromarray((np.asarray(coarse, np.int16) + grain).clip(0, 255).astype(np.uint8))
    return picture if number % 4 == 0 else picture.convert("L")


def attacked(image: Image.Image, crop: float = 0.03, size: float = 0.6, quality: int = 50) -> Image.Image:
    """Cropped on each side, made smaller, and a JPEG."""
    across, down = round(crop * image.width), round(crop * image.height)
    cropped = image.convert("L").crop((across, down, image.width - across, image.height - down))
    small = cropped.resize((round(size * cropped.width), round(size * cropped.height)), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def framed(image: Image.Image, ground: int) -> Image.Image:
    """In the middle of a canvas of that level, of half as much again each way."""
    canvas = Image.new("L", (image.width * 3 // 2, image.height * 3 // 2), ground)
    canvas.paste(image, (image.width // 4, image.height // 4))
    return canvas


def stored(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((110, 96)))[..., None]
