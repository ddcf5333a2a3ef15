"""Stored pixels <-> the bytes of a shard's `image` column, in each encoding. Shapes: H, W stored size in px, C channels (1 or 3)."""

import io

import cv2
import numpy as np
import pyarrow as pa
from PIL import Image

JPEG_QUALITY = 95
PNG_OPTIONS = (  # of all that were tried the best in bytes times time: a seventh more than Pillow's level 6, in a seventh of its time
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
)
ZSTD = pa.Codec("zstd", 1)  # higher levels take longer and gain nothing on differences


def encoded(pixels: np.ndarray, encoding: str) -> bytes:
    """Return pixels, uint8 (H, W, C), as `encoding` stores them: "raw", "zstd", "png" (these lose nothing) or "jpeg"."""
    match encoding:
        case "raw":
            return pixels.tobytes()
        case "zstd":
            return ZSTD.compress(differences(pixels).tobytes(), asbytes=True)
        case "png":
            return cv2.imencode(".png", pixels[..., ::-1], PNG_OPTIONS)[1].tobytes()  # OpenCV has blue first
        case "jpeg":
            buffer = io.BytesIO()
            image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
            image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
            return buffer.getvalue()
    raise ValueError(f"encoding {encoding!r}: raw, zstd, png or jpeg expected")


def decoded(data: pa.Buffer, encoding: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the pixels, uint8 (H, W, C) = `shape`, that `encoded` made `data` of; where they are raw, a view of `data`."""
    match encoding:
        case "raw":
            return np.frombuffer(data, np.uint8).reshape(shape)
        case "zstd":
            return sums(np.frombuffer(ZSTD.decompress(data, int(np.prod(shape))), np.uint8).reshape(shape))
        case "png":
            pixels = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))
            return np.ascontiguousarray(pixels.reshape(shape)[..., ::-1])
    with Image.open(pa.BufferReader(data), formats=("JPEG",)) as image:
        return np.array(image).reshape(shape)


def differences(pixels: np.ndarray) -> np.ndarray:
    """Return how each pixel differs from left + above - above left, modulo 256: small numbers of few kinds, which compress well."""
    down = pixels.copy()
    down[1:] -= pixels[:-1]
    both = down.copy()
    both[:, 1:] -= down[:, :-1]
    return both


def sums(differences: np.ndarray) -> np.ndarray:
    """Return the pixels that `differences` were made of: the sum of all that is above and left, modulo 256."""
    return cv2.integral(differences)[1:, 1:].reshape(differences.shape).astype(np.uint8)
