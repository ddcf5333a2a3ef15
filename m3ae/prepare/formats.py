"""What a file is by its first bytes: the formats that are read, by name, and what else is met under an image's name.

Nothing else is opened: among Pillow's formats are some that run another program (PostScript) or that nobody publishes radiographs in.
"""

import re
import zlib
from typing import NamedTuple

from m3ae.prepare.unusable import UNREADABLE

READ = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "JPEG2000", "PPM")  # Pillow's names; MPO is opened as a JPEG
HEAD = 1024  # bytes that are looked at
AGAIN, AS_PNG, UNPACK = "fetch it again", "convert it to PNG", "unpack it"


class Known(NamedTuple):
    """A kind of file: its name, what to do with it, and how its first bytes look."""

    name: str
    remedy: str
    looks: re.Pattern[bytes]

    @property
    def reason(self) -> str:
        return f"{self.name}; {self.remedy}"


def known(name: str, remedy: str, looks: bytes) -> Known:
    return Known(name, remedy, re.compile(looks, re.DOTALL | re.IGNORECASE))


def box(*brands: bytes) -> bytes:
    """Return how a file of ISO's media boxes looks that is of one of the brands, or lists it among those that it is compatible with."""
    return rb"....ftyp(?:.{4}){0,8}?(?:" + b"|".join(brands) + b")"


NIFTI = rb"(?:\x5c\x01\0\0|\0\0\x01\x5c).{340}n[i+][12]\0|(?:\x1c\x02\0\0|\0\0\x02\x1c)n[i+]2\0"
DICOM = re.compile(
    rb".{128}DICM|(?:\x02\0[\0-\x03]|\x08\0[\0-\x18])\0(?:[A-Z]{2}|.\0\0\0)", re.DOTALL
)  # old ones begin with the first field
KNOWN = (
    known("git-lfs pointer", "run `git lfs pull`", rb"version https://git-lfs"),
    known("git-annex pointer", "run `git annex get`", rb"[./]*/annex/objects/"),
    known("DVC pointer", "run `dvc pull`", rb"(?:md5: \w+\s+)?outs:\s+- "),
    known("SVG drawing", AS_PNG, rb"\W{0,4}<(?:\?xml.{0,600}<)?svg\b"),
    known("HTML page", AGAIN, rb"\W{0,4}\s*(?:<!--.{0,600}-->\s*)?<(?:!doctype html|html|head|body|title|meta|script|h1|p)\b"),
    known("XML text", AGAIN, rb"\W{0,4}<(?:\?xml|error)\b"),
    known("AVIF photograph", AS_PNG, box(b"avi[fs]")),
    known("HEIC photograph", AS_PNG, box(b"hei[cxms]", b"hev[cxms]", b"mif1", b"msf1")),
    known("video", "export its frames as PNG", rb"....ftyp|RIFF....AVI |\x1a\x45\xdf\xa3|\0\0\x01[\xb3\xba]"),
    known("JPEG XL image", AS_PNG, rb"\xff\x0a|\0\0\0\x0cJXL "),
    known("JPEG of 12 bits", AS_PNG, rb"\xff\xd8\xff.*?\xff[\xc0-\xc3]..\x0c"),
    known("JPEG-LS image", AS_PNG, rb"\xff\xd8\xff\xf7"),
    known("NIfTI volume", "export its slices as PNG", NIFTI),
    known("NRRD volume", "export its slices as PNG", rb"NRRD000"),
    known("MetaImage volume", "export its slices as PNG", rb"(?:ObjectType|NDims)\s*="),
    known("HDF5 file", "export its images as PNG", rb"\x89HDF\r\n"),
    known("FITS image", AS_PNG, rb"SIMPLE  ="),
    known("NumPy array", "save it as PNG", rb"\x93NUMPY"),
    known("Parquet table", "is no image file", rb"PAR1"),
    known("PDF document", "export its pages as PNG", rb"\s*%PDF-"),
    known("PostScript (EPS)", AS_PNG, rb"\s*%!|\xc5\xd0\xd3\xc6"),
    known("Photoshop document", AS_PNG, rb"8BPS\0[\x01\x02]"),
    known("Windows metafile", AS_PNG, rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF"),
    known("icon", AS_PNG, rb"\0\0[\x01\x02]\0[^\0]\0"),
    known("office document", "export its images as PNG", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    known("Mac's resource file", "the image has the same name without ._", rb"\0\x05\x16\x07"),
    known("archive (ZIP)", UNPACK, rb"PK(?:\x03\x04|\x05\x06)"),
    known("archive (RAR)", UNPACK, rb"Rar!\x1a\x07"),
    known("archive (7-Zip)", UNPACK, rb"7z\xbc\xaf\x27\x1c"),
    known("archive (tar)", UNPACK, rb".{257}ustar"),
    known("compressed file (gzip)", UNPACK, rb"\x1f\x8b\x08"),
    known("compressed file (bzip2)", UNPACK, rb"BZh[1-9]\x31\x41"),
    known("compressed file (xz)", UNPACK, rb"\xfd7zXZ\0"),
    known("compressed file (zstd)", UNPACK, rb"\x28\xb5\x2f\xfd"),
    known("text", AGAIN, rb"[\t\n\r -~]+\Z"),
)
NIFTI_IN_GZIP = next(kind for kind in KNOWN if kind.name == "NIfTI volume")


def is_dicom(content: bytes) -> bool:
    return DICOM.match(content) is not None


def reason_for(content: bytes) -> str:
    """Return what a file that is none of `READ` is, and what to do with it in a few words."""
    if not content.strip(b"\0"):
        return f"file of zeros; {AGAIN}" if content else f"empty file; {AGAIN}"
    head = content[:HEAD]
    if head.startswith(b"\x1f\x8b\x08") and NIFTI_IN_GZIP.looks.match(unzipped(head)):
        return NIFTI_IN_GZIP.reason
    return next((kind.reason for kind in KNOWN if kind.looks.match(head)), UNREADABLE)


def unzipped(head: bytes) -> bytes:
    """Return the first bytes of what a gzip file holds, as far as its own first bytes tell."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return b""
