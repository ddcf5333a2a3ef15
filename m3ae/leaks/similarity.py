"""The similarity of two images once one is aligned with the other: the correlation of their structures.

The alignment is OpenCV's (Evangelidis and Psarakis, "Parametric Image Alignment Using Enhanced Correlation Coefficient Maximization",
PAMI 2008). Brightness, contrast, size and a small crop do not count; what the images show does.
Shape: S = SIDE_PX.
"""

import cv2
import numpy as np

SIDE_PX = 96
COARSE, FINE = (2.0, 8.0), (0.6, 2.0)  # px; structure is what one blur leaves and a wider one takes away
STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-4)
HOPELESS = 0.5  # coarse structures that agree less are not looked at more closely
LARGEST_SCALING, LARGEST_SHEAR = 0.1, 0.03  # a small crop; more of either fits any image to any other


def similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Return the similarity of two grey images, uint8 (h, w) of any size, up to 1.

    It is 0 where no small change of the frame aligns them, as where one is blank.
    """
    side = min(*first.shape, *second.shape, SIDE_PX)
    one, other = square(first, side), square(second, side)
    frame: np.ndarray = np.eye(2, 3, dtype=np.float32)
    correlation = 0.0
    for blurs in (COARSE, FINE):
        try:
            correlation, frame = cv2.findTransformECC(structure(one, *blurs), structure(other, *blurs), frame, cv2.MOTION_AFFINE, STEPS)
        except cv2.error:  # it tells so when it finds no alignment
            return 0.0
        if correlation < HOPELESS or not is_small(frame):
            return 0.0
    return float(correlation)


def square(image: np.ndarray, side: int) -> np.ndarray:
    """Return a grey image, uint8 (h, w), as a float (S, S) with the detail that `side` pixels hold: the other may have no more."""
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def structure(image: np.ndarray, fine: float, coarse: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), fine) - cv2.GaussianBlur(image, (0, 0), coarse)


def is_small(frame: np.ndarray) -> bool:
    """Return whether an affine (2, 3) change of the frame is one that a crop of a few percent can make."""
    scaling, shear = np.abs(np.diagonal(frame) - 1), np.abs([frame[0, 1], frame[1, 0]])
    return bool(scaling.max() <= LARGEST_SCALING and shear.max() <= LARGEST_SHEAR)
