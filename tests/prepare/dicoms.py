"""DICOM files made up for the tests, with a patient whom nobody may meet again."""

import io
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

SECRET = "Doe^Jane"
ROWS, COLUMNS = np.mgrid[:48, :64]
LEVELS = (np.sin(COLUMNS / 9) + np.cos(ROWS / 7) + COLUMNS / 64 + 2) / 5  # 0 to 1


def dataset(samples: np.ndarray, photometric: str = "MONOCHROME2", bits: int = 12, **fields: Any) -> Dataset:
    """A DICOM image of samples (H, W) or (H, W, 3)."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3"
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientComments = SECRET, SECRET, "19700101", SECRET
    data.InstitutionName = data.StudyDescription = data.ImageComments = SECRET
    data.Rows, data.Columns = samples.shape[:2]
    data.SamplesPerPixel = 1 if samples.ndim == 2 else 3
    if samples.ndim == 3:
        data.PlanarConfiguration = 0
    data.PhotometricInterpretation = photometric
    data.BitsAllocated, data.BitsStored, data.HighBit = samples.dtype.itemsize * 8, bits, bits - 1
    data.PixelRepresentation = int(samples.dtype.kind == "i")
    data.PixelData = samples.tobytes()
    for name, value in fields.items():
        setattr(data, name, value)
    return data


def file_of(data: Dataset) -> bytes:
    file = io.BytesIO()
    data.save_as(file, enforce_file_format=True)
    return file.getvalue()


def dicom(samples: np.ndarray, photometric: str = "MONOCHROME2", bits: int = 12, **fields: Any) -> bytes:
    return file_of(dataset(samples, photometric, bits, **fields))


def twelve_bits() -> np.ndarray:
    return (LEVELS * 4095).astype(np.uint16)
