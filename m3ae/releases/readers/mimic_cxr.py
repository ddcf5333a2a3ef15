"""MIMIC-CXR-JPG: chest radiographs of one hospital with their reports, split by patient.

Citation: Johnson et al., "MIMIC-CXR-JPG, a large publicly available database of labeled chest radiographs", arXiv 1901.07042.
Address: https://physionet.org/content/mimic-cxr-jpg; the reports: mimic-cxr-reports.zip of https://physionet.org/content/mimic-cxr.
Licence: PhysioNet Credentialed Health Data License. Count: 377,110 images of 227,827 studies, lateral views among them. Layout:

    mimic-cxr-2.0.0-split.csv.gz       dicom_id,study_id,subject_id,split      (or unpacked, without .gz)
    mimic-cxr-2.0.0-metadata.csv.gz    dicom_id,...,ViewPosition,...
    files/p10/p10000032/s50414267/DICOM_ID.jpg
    mimic-cxr-reports/files/p10/p10000032/s50414267.txt      or in `files`, beside the images' folders

The first three may lie in a folder `mimic-cxr-jpg`; that, or `files`, may be a link to another disk, which `image_folders` in params.yaml
has to name then. A record is a frontal image, its texts are the report's findings and its impression; other views, and images
whose report has neither, are yielded as dropped.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from m3ae.releases.readers.ids import row_id
from m3ae.releases.readers.published import Dropped, csv_rows, decoded, first_present, malformed, required, split_named, within
from m3ae.releases.record import Record

SPLITS, METADATA = "mimic-cxr-2.0.0-split.csv", "mimic-cxr-2.0.0-metadata.csv"
REPORTS = ("mimic-cxr-reports/files", "mimic-cxr-reports", "reports/files", "reports", "files", "mimic-cxr-jpg/files")
FRONTAL = ("PA", "AP")
LICENCE = "PhysioNet Credentialed Health Data License"
NOT_FRONTAL, NO_REPORT, NO_SECTION = "not a frontal view", "no report", "no findings and no impression in the report"
HEADING = re.compile(r"[ \t]*([A-Za-z][A-Za-z ,/()&-]{2,60}):")
SECTIONS = {
    "FINDINGS": "findings",
    "FINDING": "findings",
    "FINDINGS AND IMPRESSION": "findings",
    "FINDINGS/IMPRESSION": "findings",
    "IMPRESSION": "impression",
    "IMPRESSIONS": "impression",
    "CONCLUSION": "impression",
}


def read(folder: Path, views: tuple[str, ...] = FRONTAL) -> Iterator[Record | Dropped]:
    """Yield every image in the order of the table of splits. Raises `ReleaseError` where a table is not as laid out above."""
    root = first_present(folder, "mimic-cxr-jpg") or folder
    table, reports = required(root, f"{SPLITS}.gz", SPLITS), required(folder, *REPORTS)
    positions = dict(row for _, row in csv_rows(required(root, f"{METADATA}.gz", METADATA), "dicom_id", "ViewPosition"))
    for number, (name, study, patient, given) in csv_rows(table, "dicom_id", "study_id", "subject_id", "split"):
        if (split := split_named(given)) is None:
            raise malformed(table, number, f"split {given!r} is none of train, validate, test")
        study, patient = row_id(study), row_id(patient)
        place = f"p{patient[:2]}/p{patient}/s{study}"
        image = root / "files" / place / f"{name}.jpg"
        texts = report_texts(reports / f"{place}.txt") if positions.get(name) in views else ()
        if isinstance(texts, str) or not texts:
            yield Dropped(name, split, within(image, folder), texts if isinstance(texts, str) else NOT_FRONTAL)
        else:
            yield Record(name, split, image, image_id=name, texts=texts, licence=LICENCE, patient=patient)


def report_texts(path: Path) -> tuple[str, ...] | str:
    """Return the report's findings and its impression, as far as it has them, or the reason why there is no text."""
    if not path.is_file():
        return NO_REPORT
    found = sections(line for _, line in decoded(path))
    return tuple(found[name] for name in ("findings", "impression") if found.get(name)) or NO_SECTION


def sections(lines: Iterator[str]) -> dict[str, str]:
    """Return "findings" and "impression" as far as a report has them.

    A section begins with its heading at the start of a line and ends with the next heading, which is all in capitals.
    """
    found: dict[str, list[str]] = {}
    current = None
    for line in lines:
        heading = HEADING.match(line)
        name = heading[1].strip() if heading else ""
        if heading and (name.upper() in SECTIONS or name.isupper()):
            current, line = SECTIONS.get(name.upper()), line[heading.end() :]
        if current:
            found.setdefault(current, []).append(line)
    return {name: " ".join(" ".join(parts).split()) for name, parts in found.items()}
