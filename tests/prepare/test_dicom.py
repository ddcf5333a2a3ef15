"""DICOM files show as their fields say, and say nothing else."""

import io
import logging
import struct
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from m3ae.prepare import dicom_frames
from m3ae.prepare.dicom_fields import FIELDS
from m3ae.prepare.images import UnusableImage, load
from tests.prepare.dicoms import LEVELS, SECRET, dataset, dicom, file_of, twelve_bits

NAMELESS, LIMIT = Path("image.jpg"), 10_000
EXPECTED = LEVELS * 255


def shown(content: bytes, window: str = "voi") -> np.ndarray:
    return np.asarray(load(NAMELESS, Path(), LIMIT, content, window)).astype(float)


def reason(content: bytes) -> str:
    with pytest.raises(UnusableImage) as error:
        load(NAMELESS, Path(), LIMIT, content)
    return str(error.value)


def likeness(pixels: np.ndarray) -> float:
    return float(np.corrcoef(pixels.ravel(), LEVELS.ravel())[0, 1])


def hounsfield() -> np.ndarray:
    return (LEVELS * 4000 - 1000).astype(np.int16)


def test_a_window_shows_what_lies_in_it_after_rescaling():
    stored = ((hounsfield() + 1024) // 2).astype(np.uint16)
    content = dicom(stored, RescaleSlope=2, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400)
    expected = ((stored * 2.0 - 1024 - 39.5) / 399 + 0.5).clip(0, 1) * 255  # PS3.3, C.11.2.1.2
    assert np.abs(shown(content) - expected).max() <= 0.51


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_a_window_of_each_function_keeps_the_order_and_uses_the_whole_range(function):
    pixels = shown(dicom(twelve_bits(), WindowCenter=2000, WindowWidth=3000, VOILUTFunction=function))
    order = np.argsort(twelve_bits(), axis=None)
    assert (np.diff(pixels.ravel()[order]) >= 0).all() and pixels.max() - pixels.min() > 150


def test_the_first_of_several_windows_is_the_one():
    one = shown(dicom(twelve_bits(), WindowCenter=1000, WindowWidth=500))
    assert np.array_equal(shown(dicom(twelve_bits(), WindowCenter=[1000, 3000], WindowWidth=[500, 100])), one)


def test_the_full_range_is_that_of_other_deep_samples():
    content = dicom(twelve_bits(), WindowCenter=40, WindowWidth=10)
    as_png = io.BytesIO()
    Image.fromarray(twelve_bits()).save(as_png, "PNG")
    assert np.array_equal(shown(content, "full"), shown(as_png.getvalue()))
    assert np.array_equal(shown(dicom(twelve_bits())), shown(as_png.getvalue()))  # no window to ask for
    assert not np.array_equal(shown(content), shown(content, "full"))


@pytest.mark.parametrize("window", ["voi", "full"])
@pytest.mark.parametrize("bits", [8, 12])
def test_monochrome1_is_turned(bits, window):
    samples = ((1 - LEVELS) * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    fields = {"WindowCenter": 2**bits // 2, "WindowWidth": 2**bits}
    assert likeness(shown(dicom(samples, "MONOCHROME1", bits, **fields), window)) > 0.999
    assert likeness(shown(dicom(samples, "MONOCHROME1", bits), window)) > 0.999


def test_levels_of_8_bits_without_a_window_stay_as_they_are():
    samples = EXPECTED.astype(np.uint8)
    assert np.array_equal(shown(dicom(samples, bits=8)), samples)
    assert np.array_equal(shown(dicom(samples, bits=8, RescaleSlope=1, RescaleIntercept=0), "full"), samples)
    assert np.array_equal(shown(dicom(samples.astype(np.uint16), bits=8)), samples)


def test_signed_samples_keep_their_order():
    assert likeness(shown(dicom(hounsfield(), bits=16))) > 0.999
    assert likeness(shown(dicom((LEVELS * 200 - 100).astype(np.int8), bits=8))) > 0.999


def test_a_table_shows_what_it_maps_to():
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4096, 0, 16], np.linspace(65535, 0, 4096).astype("<u2").tobytes()
    pixels = shown(dicom(twelve_bits(), VOILUTSequence=Sequence([table])))
    assert np.abs(pixels - (255 - twelve_bits() / 4095 * 255)).max() < 1


def test_a_newer_files_only_frame_is_windowed_by_its_functional_groups():
    rescale, window, group = Dataset(), Dataset(), Dataset()
    rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = 2, -1024, "HU"
    window.WindowCenter, window.WindowWidth = 1000, 2000
    group.PixelValueTransformationSequence, group.FrameVOILUTSequence = Sequence([rescale]), Sequence([window])
    newer = dicom(twelve_bits(), NumberOfFrames=1, PerFrameFunctionalGroupsSequence=Sequence([group]))
    older = dicom(twelve_bits(), RescaleSlope=2, RescaleIntercept=-1024, WindowCenter=1000, WindowWidth=2000)
    assert np.array_equal(shown(newer), shown(older))


def test_colours_stay_and_deep_ones_are_windowed():
    colours = np.dstack([EXPECTED, EXPECTED / 2, EXPECTED / 3]).astype(np.uint8)
    assert np.array_equal(shown(dicom(colours, "RGB", 8)), colours)
    grey = shown(dicom(np.dstack([EXPECTED.astype(np.uint8)] * 3), "RGB", 8))
    assert grey.ndim == 2 and np.array_equal(grey, EXPECTED.astype(np.uint8))
    deep = shown(dicom((np.dstack([LEVELS, LEVELS / 2, LEVELS / 3]) * 4095).astype(np.uint16), "RGB", 12))
    assert deep.max() == 255 and likeness(deep[..., 0]) > 0.995


def test_a_palettes_colours_are_shown():
    fields = {}
    for colour, top in {"Red": 65535, "Green": 30000, "Blue": 0}.items():
        fields[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        fields[f"{colour}PaletteColorLookupTableData"] = np.linspace(0, top, 256).astype("<u2").tobytes()
    pixels = shown(dicom(EXPECTED.astype(np.uint8), "PALETTE COLOR", 8, **fields))
    assert np.abs(pixels[..., 0] - EXPECTED).max() <= 1 and pixels[..., 2].max() == 0


def compressed(syntax: UID) -> bytes:
    """The same picture in another transfer syntax, of 8 bits where that has no more; by GDCM, which also reads it."""
    if syntax == JPEGBaseline8Bit:
        file = io.BytesIO()
        Image.fromarray(EXPECTED.astype(np.uint8)).save(file, "JPEG", quality=95)
        data = dataset(EXPECTED.astype(np.uint8), bits=8, PixelData=encapsulate([file.getvalue()]))
        data["PixelData"].VR = "OB"
        data.file_meta.TransferSyntaxUID = syntax
        return file_of(data)
    if syntax == RLELossless:
        data = dataset(twelve_bits())
        data.compress(RLELossless, generate_instance_uid=False)
        return file_of(data)
    return recoded_by_gdcm(file_of(dataset(twelve_bits())), syntax)


def recoded_by_gdcm(content: bytes, syntax: UID) -> bytes:
    import tempfile

    import gdcm

    kinds = {JPEG2000Lossless: "JPEG2000Lossless", JPEGLosslessSV1: "JPEGLosslessProcess14_1", JPEGLSLossless: "JPEGLSLossless"}
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.dcm"), Path(folder, "after.dcm")
        before.write_bytes(content)
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(str(before))
        assert reader.Read()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, kinds[syntax])))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer.SetFileName(str(after))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        return after.read_bytes()


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, RLELossless, JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless])
def test_the_common_compressions_are_read(syntax):
    content = compressed(syntax)
    assert str(syntax).encode() in content
    assert likeness(shown(content)) > 0.999


def test_a_frame_at_which_gdcm_ends_its_process_costs_one_image():
    sound = compressed(JPEGBaseline8Bit)
    table = sound.index(b"\xff\xc4", sound.index(b"\xff\xc4") + 1)  # the second one of codes: nothing says where the others begin
    assert reason(sound[:table] + b"\0\0\4\0" + sound[table + 4 :]) == "DICOM, unreadable image"
    assert dicom_frames.decompressed.process is None, "it survived: this damage shows nothing any more"
    assert likeness(shown(sound)) > 0.999


def test_a_process_that_was_killed_from_outside_is_started_anew():
    sound = compressed(JPEGBaseline8Bit)
    shown(sound)
    dicom_frames.decompressed.process.kill()
    assert reason(sound) == "DICOM, unreadable image"
    assert likeness(shown(sound)) > 0.999


def test_files_without_preamble_and_header_are_read():
    data = dataset(twelve_bits())
    file = io.BytesIO()
    bare = Dataset({element.tag: element for element in data})
    bare.save_as(file, implicit_vr=True, little_endian=True)
    assert not file.getvalue().startswith(bytes(100)) and b"DICM" not in file.getvalue()
    assert np.array_equal(shown(file.getvalue()), shown(file_of(data)))
    data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    assert np.array_equal(shown(file_of(data)), shown(file.getvalue()))


REFUSED = {
    "several frames": (lambda: dicom(np.stack([twelve_bits()] * 2)[0], NumberOfFrames=2), "multi-frame DICOM; export its frames as PNG"),
    "a header alone": (lambda: bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, 0), "DICOM without an image"),
    "no pixels": (lambda: without("PixelData"), "DICOM without an image"),
    "no rows": (lambda: without("Rows"), "DICOM without an image"),
    "too large": (lambda: dicom(twelve_bits(), Rows=5000, Columns=5000), "image too large"),
    "too large for what decodes it": (lambda: with_size(75), "image too large"),
    "a line": (lambda: dicom(twelve_bits()[:1]), "image too small"),
    "cut": (lambda: dicom(twelve_bits())[:-2000], "DICOM, truncated image"),
    "its pixels are cut": (lambda: dicom(twelve_bits(), PixelData=bytes(100)), "DICOM, truncated image"),
    "odd depth": (lambda: dicom(twelve_bits(), BitsAllocated=13), "DICOM, unreadable image"),
    "an unknown compression": (lambda: in_syntax("1.2.840.10008.1.2.4.100"), "DICOM in a compression that is not read; decompress it"),
    "a frame of another size": (lambda: with_frame(5000), "DICOM whose frame says another size"),
    "a frame that says none": (lambda: in_syntax(JPEG2000Lossless), "DICOM, unreadable image"),
    "deflated": (lambda: in_syntax("1.2.840.10008.1.2.1.99"), "DICOM, deflated; write it in another transfer syntax"),
}


def with_size(side: int) -> bytes:
    """A JPEG 2000 of `side` times `side` px, by what its file says."""
    data = pydicom.dcmread(io.BytesIO(compressed(JPEG2000Lossless)))
    data.Rows = data.Columns = side
    return file_of(data)


def without(field: str) -> bytes:
    data = dataset(twelve_bits())
    delattr(data, field)
    return file_of(data)


def with_frame(width: int) -> bytes:
    """A JPEG 2000 of a few bytes, whose decoder would ask for the memory of another width than the file says."""
    content = compressed(JPEG2000Lossless)
    place = content.index(b"\xff\x4f\xff\x51") + 8
    return content[:place] + width.to_bytes(4, "big") + content[place + 4 :]


def in_syntax(uid: str) -> bytes:
    data = dataset(twelve_bits(), PixelData=encapsulate([bytes(500)]))
    data["PixelData"].VR = "OB"
    data.file_meta.TransferSyntaxUID = UID(uid)
    return file_of(data)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_shown_is_named(kind):
    make, expected = REFUSED[kind]
    assert reason(make()) == expected


def test_without_pydicom_the_reason_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    assert reason(dicom(twelve_bits())) == "DICOM; pip install m3ae-dvc[dicom] reads it"


def test_no_field_of_a_patient_is_read(monkeypatch, caplog):
    read, kept = [], pydicom.dcmread
    monkeypatch.setattr(pydicom, "dcmread", lambda *given, **options: read.append(kept(*given, **options)) or read[-1])
    broken = dicom(twelve_bits(), RescaleSlope=2, RescaleIntercept=1).replace(b"0028", SECRET[:4].encode())
    with caplog.at_level(logging.DEBUG):
        shown(dicom(twelve_bits()))
        assert SECRET not in reason(dicom(twelve_bits(), PixelData=bytes(100))) + str(shown(broken)) + caplog.text
    assert read and all(SECRET not in str(data) for data in read)
    assert not any("Patient" in field or "Comments" in field or "Date" in field for field in FIELDS)


def test_damaged_files_are_counted_and_never_a_traceback():
    content, draw = dicom(twelve_bits(), WindowCenter=1000, WindowWidth=500), np.random.default_rng(0)
    begin = len(content) - 2 * 48 * 64
    outcomes = set()
    for _ in range(400):
        damaged = bytearray(content)
        for place in draw.integers(128, begin, 3):
            damaged[place] = draw.integers(256)
        try:
            outcomes.add(shown(bytes(damaged)).shape and "kept")
        except UnusableImage as error:
            outcomes.add(str(error))
    assert len(outcomes) > 3 and not any(SECRET in outcome for outcome in outcomes)
