"""What is no image is named for what it is, with what to do; only the formats that the project reads are opened."""

import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from m3ae.prepare.formats import KNOWN, reason_for
from m3ae.prepare.images import UnusableImage, load

NAMELESS = Path("image.jpg")
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n"


def reason(content: bytes) -> str:
    with pytest.raises(UnusableImage) as error:
        load(NAMELESS, Path(), 10_000, content)
    return str(error.value)


def nifti(order: str = "<", magic: bytes = b"n+1\0") -> bytes:
    return struct.pack(f"{order}i", 348) + bytes(340) + magic + bytes(8)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", b"")
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.png"))
    return file.getvalue()


def array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros((4, 4)))
    return file.getvalue()


def saved(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, kind)
    return file.getvalue()


FILES = {
    "nothing": (b"", "empty file"),
    "zeros": (bytes(500), "file of zeros"),
    "a page": (b"<!DOCTYPE html><title>Just a moment...</title>", "HTML page"),
    "a page after a blank line and a mark": (b"\xef\xbb\xbf\n  <HTML><body>404</body></HTML>", "HTML page"),
    "a page after a remark": (b"<!-- served by a proxy -->\n<html>", "HTML page"),
    "a bucket's answer": (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "XML text"),
    "a drawing": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawing"),
    "a service's answer": (b'{"message": "Not Found"}', "text"),
    "a pointer of git-lfs": (LFS, "git-lfs pointer"),
    "a pointer of git-annex": (b"/annex/objects/SHA256E-s31390--f50d7ac4.jpg\n", "git-annex pointer"),
    "a pointer of DVC": (b"outs:\n- md5: 4d7a2146\n  size: 12\n  path: a.jpg\n", "DVC pointer"),
    "NIfTI": (nifti(), "NIfTI volume"),
    "NIfTI of the other order, in two files": (nifti(">", b"ni1\0"), "NIfTI volume"),
    "NIfTI-2": (struct.pack("<i", 540) + b"n+2\0\r\n\x1a\n", "NIfTI volume"),
    "NIfTI in gzip": (gzip.compress(nifti()), "NIfTI volume"),
    "gzip": (gzip.compress(saved("PNG")), "compressed file (gzip)"),
    "NRRD": (b"NRRD0004\ntype: short\n", "NRRD volume"),
    "MetaImage": (b"ObjectType = Image\nNDims = 3\n", "MetaImage volume"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "HDF5 file"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC photograph"),
    "HEIC by what it is compatible with": (b"\0\0\0\x18ftypMSF1\0\0\0\0mif1heic", "HEIC photograph"),
    "AVIF": (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif", "AVIF photograph"),
    "MP4": (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "video"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "PDF document"),
    "EPS": (EPS, "PostScript (EPS)"),
    "EPS with a preview": (b"\xc5\xd0\xd3\xc6" + bytes(26) + EPS, "PostScript (EPS)"),
    "Photoshop": (b"8BPS\0\x01" + bytes(30), "Photoshop document"),
    "an icon": (saved("ICO"), "icon"),
    "Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "office document"),
    "a Mac's other half": (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", "Mac's resource file"),
    "zip": (zipped(), "archive (ZIP)"),
    "tar": (tarred(), "archive (tar)"),
    "NumPy": (array(), "NumPy array"),
    "a JPEG of 12 bits": (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc1\0\x0b\x0c\0\x10\0\x10\x01\x01\x11\0", "JPEG of 12 bits"),
    "noise": (b"\x9f\x03" * 300, "unreadable image"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_image_is_named(kind):
    content, name = FILES[kind]
    assert reason(content).split(";")[0] == name
    assert name == "unreadable image" or reason(content).count("; ") == 1


@pytest.mark.parametrize("kind", ["TGA", "SGI", "PCX", "ICO", "ICNS", "DDS"])
def test_a_format_that_is_not_on_the_list_is_not_opened(kind):
    content = saved(kind)
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == kind
    assert reason(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "JPEG2000", "PPM", "MPO"])
def test_a_format_on_the_list_is_read(kind):
    assert load(NAMELESS, Path(), 10_000, saved(kind)).size == (16, 16)


def test_no_program_is_run_for_a_postscript_file(tmp_path, monkeypatch):
    script = tmp_path / "gs"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/was_run\necho 10.0\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert reason(EPS) == "PostScript (EPS); convert it to PNG"
    assert not (tmp_path / "was_run").exists()


def test_no_pattern_takes_long_on_any_kilobyte():
    for piece in (b"<", b" ", b"<!--", b"a", b"\0\0\0\x18ftyp", b"\xff\xd8\xff\xff\xc0", b"<?xml ", b"md5: a "):
        assert reason_for(piece * (2**20 // len(piece)))  # seconds, were one of them more than linear


def test_every_kind_is_met():
    assert {name for _, name in FILES.values()} >= {kind.name for kind in KNOWN} - {
        *("JPEG XL image", "JPEG-LS image", "FITS image", "Parquet table", "Windows metafile"),
        *("archive (RAR)", "archive (7-Zip)", "compressed file (bzip2)", "compressed file (xz)", "compressed file (zstd)"),
    }
