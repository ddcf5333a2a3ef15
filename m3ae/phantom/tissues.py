"""Tissues, and how bright each one is in each cross-sectional modality, from 0 (black) to 1 (white)."""

from enum import IntEnum

import numpy as np


class Tissue(IntEnum):
    AIR = 0
    FAT = 1
    BONE = 2
    MARROW = 3
    FLUID = 4
    GREY = 5
    WHITE = 6
    BLOOD = 7
    MUSCLE = 8
    LIVER = 9
    SPLEEN = 10
    KIDNEY = 11
    LUNG = 12
    BOWEL = 13
    SKIN = 14


# in the order of Tissue; relative values after textbook appearances, windowed as that region usually is
CT = (0.0, 0.16, 0.97, 0.85, 0.3, 0.47, 0.4, 0.43, 0.42, 0.5, 0.47, 0.42, 0.07, 0.36, 0.4)
T1 = (0.02, 0.74, 0.05, 0.6, 0.1, 0.42, 0.62, 0.2, 0.32, 0.5, 0.36, 0.38, 0.04, 0.3, 0.6)
T2 = (0.02, 0.78, 0.05, 0.5, 1.0, 0.58, 0.36, 0.06, 0.17, 0.3, 0.52, 0.62, 0.04, 0.45, 0.5)

# what the technique changes
ENHANCED_CT = {Tissue.BLOOD: 0.95, Tissue.KIDNEY: 0.86, Tissue.LIVER: 0.6, Tissue.SPLEEN: 0.66}
ENHANCED_T1 = {Tissue.BLOOD: 1.0, Tissue.KIDNEY: 0.92, Tissue.LIVER: 0.58, Tissue.SPLEEN: 0.66}
FAT_SUPPRESSED = {Tissue.FAT: 0.1, Tissue.MARROW: 0.12, Tissue.SKIN: 0.3}


def brightness(modality: str, technique: str) -> np.ndarray:
    """Return the brightness of each tissue, float32, indexed by `Tissue`."""
    plain, change = {"ct": (CT, ENHANCED_CT), "mr t1": (T1, ENHANCED_T1), "mr t2": (T2, FAT_SUPPRESSED)}[modality]
    table = np.array(plain, dtype=np.float32)
    if technique in ("contrast-enhanced", "fat-suppressed"):
        for tissue, value in change.items():
            table[tissue] = value
    return table
