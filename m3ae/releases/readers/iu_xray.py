"""IU X-ray (Open-i): chest radiographs of Indiana University's hospitals with their reports.

Citation: Demner-Fushman et al., "Preparing a collection of radiology examinations for distribution and retrieval", JAMIA 2016.
Address: https://openi.nlm.nih.gov/faq, NLMCXR_reports.tgz and NLMCXR_png.tgz. Licence: a report's `licenseURL`, where it has one.
Count: 7,470 images of 3,955 reports. Layout:

    ecgen-radiology/N.xml     parentImage id="CXR1_1_IM-0001-3001", AbstractText Label="FINDINGS" and Label="IMPRESSION"
    NLMCXR_png/CXR1_1_IM-0001-3001.png

Either folder may lie where its archive's name says (`NLMCXR_reports/ecgen-radiology`, `images`), the images beside the reports' folder,
too. An image's texts are its report's findings and its impression. No split was published: it is drawn for each report (see
drawn_splits.py), a tenth of them for validation and a tenth for test, and a report's images stay together.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from m3ae.disk.named import printable
from m3ae.releases.readers.drawn_splits import drawn
from m3ae.releases.readers.published import Dropped, decoded, first_present, malformed, none_of, required
from m3ae.releases.record import Record

FOLDERS = ("ecgen-radiology", "NLMCXR_reports/ecgen-radiology", "reports/ecgen-radiology", "NLMCXR_reports", "reports")
IMAGES = ("NLMCXR_png", "images/NLMCXR_png", "images")
SECTIONS = ("FINDINGS", "IMPRESSION")
NO_IMAGE, NO_SECTION = "no image of the report is named", "no findings and no impression in the report"


def read(folder: Path) -> Iterator[Record | Dropped]:
    """Yield every image, report by report in the order of their numbers. Raises `ReleaseError` where a report is malformed."""
    reports = required(folder, *FOLDERS)
    images = first_present(folder, *IMAGES) or folder
    paths = sorted(reports.glob("*.xml"), key=lambda path: (len(path.name), path.name))
    if not paths:
        raise none_of(reports, ("1.xml", "2.xml", "..."), "unpack NLMCXR_reports.tgz into this release's folder")
    for path in paths:
        yield from report(path, images)


def report(path: Path, images: Path) -> Iterator[Record | Dropped]:
    number = printable(path.stem)
    root, split = parsed(path), drawn(number)
    names = [name for found in root.iter("parentImage") if (name := found.get("id", "").strip())]
    labelled = {found.get("Label", "").upper(): " ".join("".join(found.itertext()).split()) for found in root.iter("AbstractText")}
    texts = tuple(labelled[label] for label in SECTIONS if labelled.get(label))
    licence = (root.findtext(".//licenseURL") or "").strip()
    if not names:
        yield Dropped(number, split, "", NO_IMAGE)
    for name in names:
        image = images / f"{name}.png"
        if texts:
            yield Record(name, split, image, image_id=name, texts=texts, licence=licence, patient=number)
        else:
            yield Dropped(name, split, image.name, NO_SECTION)


def parsed(path: Path) -> ElementTree.Element:
    """Return the root of the report. Raises `ReleaseError` where it is no XML, or declares entities: they may grow beyond any memory."""
    content = "".join(line for _, line in decoded(path))
    if "<!DOCTYPE" in content or "<!ENTITY" in content:
        raise malformed(path, None, "declares a document type or entities, as no published report does")
    try:
        return ElementTree.fromstring(content)  # noqa: S314 (what declares entities is refused above)
    except ElementTree.ParseError as error:
        raise malformed(path, error.position[0], f"is not XML ({error})") from None
