"""The fields of a DICOM file that are read: those that say how pixels are shown, and no others."""

import io
from typing import Any

GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
DATA = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
FIELDS = (
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", *DATA),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence"),
    *("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence", *GROUPS),
    *(f"{colour}PaletteColorLookupTable{part}" for colour in ("Red", "Green", "Blue") for part in ("Descriptor", "Data")),
)


def read(content: bytes) -> Any:
    """Return the fields of a file's bytes, as pydicom's `Dataset`."""
    import pydicom

    return pydicom.dcmread(io.BytesIO(content), specific_tags=list(FIELDS), force=True)
