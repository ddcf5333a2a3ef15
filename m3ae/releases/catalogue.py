"""The catalogue of releases: one entry each. Everything else that lists releases asks here.

What each is, how it is read, where it comes from, on what terms, and what its publishers counted. Sources: the readers' docstrings;
counts that were checked on the published files. What is not known is not stated.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from m3ae.releases.readers import (
    iu_xray,
    medicat,
    melinda,
    mimic_cxr,
    own,
    own_classification,
    own_vqa,
    path_vqa,
    roco,
    rocov2,
    slake,
    vqa_med_2019,
    vqa_rad,
)
from m3ae.releases.readers.published import Dropped
from m3ae.releases.record import Record, Split

Reader = Callable[..., Iterator[Record | Dropped]]  # of the release's folder, and what its own parameters are


class Release(NamedTuple):
    name: str
    title: str
    read: Reader
    has_pairs: bool  # of images and texts, to pre-train on
    address: str
    licence: str
    terms: str
    size: str = "not stated"
    records: dict[Split, int] = {}  # figures, or questions in the paper's language
    rows: int = 0  # in all, those among them that are not used; 0 = not known, or the sum of `records`
    answers: int = 0  # different ones, normalised, over all splits
    splits: tuple[Split, ...] = tuple(Split)  # that a complete copy has


def own_release(name: str, title: str, read: Reader, has_pairs: bool) -> Release:
    """Return the entry of what users bring, of which nothing is known but how they describe it."""
    return Release(name, title, read, has_pairs, "docs/your-data.md says how to describe them", "yours", "yours", "yours")


CATALOGUE = {
    "roco": Release(
        "ROCO",
        "radiology figures of open-access articles",
        roco.read,
        has_pairs=True,
        address="https://github.com/razorx89/roco-dataset",
        licence="each figure under its article's, named in licences.txt",
        terms="the repository lists the figures; its script fetches them from a service whose removal was announced for August 2026; "
        "Parquet mirrors on the Hugging Face hub (mdwiratathya/ROCO-radiology) hold 65,419 / 8,175 / 8,176 images",
        size="13.4 GB as Parquet",
        records={Split.VALIDATION: 8180, Split.TEST: 8179},
    ),
    "rocov2": Release(
        "ROCOv2",
        "ROCO with licences that allow sharing",
        rocov2.read,
        has_pairs=True,
        address="eltorio/ROCOv2-radiology on the Hugging Face hub, as Parquet",
        licence="CC BY-NC-SA",
        terms="attribution, not commercial, share alike",
        records={Split.TRAIN: 59_958, Split.VALIDATION: 9904, Split.TEST: 9927},
    ),
    "medicat": Release(
        "MedICaT",
        "figures with inline references",
        medicat.read,
        has_pairs=True,
        address="https://github.com/allenai/medicat; https://ai2-s2-medicat.s3.us-west-2.amazonaws.com/2020-10-05/medicat_release.tar.gz",
        licence="each figure under its article's, named in its record",
        terms="research use",
        size="104 GB",
        rows=217_060,
    ),
    "vqa_rad": Release(
        "VQA-RAD",
        "questions that clinicians asked",
        vqa_rad.read,
        has_pairs=False,
        address="https://osf.io/89kps; another version of 1,793 / 451 questions: flaviagiammarino/vqa-rad on the Hugging Face hub",
        licence="CC0",
        terms="none",
        records={Split.TRAIN: 3064, Split.TEST: 451},
        answers=498,
        splits=(Split.TRAIN, Split.TEST),
    ),
    "slake": Release(
        "SLAKE",
        "questions in English and Chinese",
        slake.read,
        has_pairs=False,
        address="https://www.med-vqa.com/slake; the English questions: mdwiratathya/SLAKE-vqa-english on the Hugging Face hub",
        licence="CC BY 4.0",
        terms="attribution",
        records={Split.TRAIN: 4919, Split.VALIDATION: 1053, Split.TEST: 1061},
        answers=222,
    ),
    "vqa_med_2019": Release(
        "VQA-Med-2019",
        "questions by category",
        vqa_med_2019.read,
        has_pairs=False,
        address="https://zenodo.org/records/10499039",
        licence="CC BY 4.0",
        terms="attribution",
        records={Split.TRAIN: 9600, Split.VALIDATION: 1500, Split.TEST: 375},
    ),
    "path_vqa": Release(
        "PathVQA",
        "questions about pathology images",
        path_vqa.read,
        has_pairs=False,
        address="flaviagiammarino/path-vqa on the Hugging Face hub, as Parquet",
        licence="MIT",
        terms="the licence's notice",
        records={Split.TRAIN: 19_654, Split.VALIDATION: 6259, Split.TEST: 6719},
    ),
    "melinda": Release(
        "MELINDA",
        "figures by experiment method",
        melinda.read,
        has_pairs=False,
        address="https://github.com/PlusLabNLP/melinda",
        licence="not stated",
        terms="from its authors on request",
    ),
    "mimic_cxr": Release(
        "MIMIC-CXR-JPG",
        "chest radiographs with reports, frontal views",
        mimic_cxr.read,
        has_pairs=True,
        address="https://physionet.org/content/mimic-cxr-jpg, reports: https://physionet.org/content/mimic-cxr",
        licence=mimic_cxr.LICENCE,
        terms="credentialed access: training, and a signed agreement on the use of the data",
        size="570 GB",
        rows=377_110,
    ),
    "iu_xray": Release(
        "IU X-ray",
        "chest radiographs with reports (Open-i)",
        iu_xray.read,
        has_pairs=True,
        address="https://openi.nlm.nih.gov/faq, NLMCXR_reports.tgz and NLMCXR_png.tgz",
        licence="a report's licenseURL, where it has one",
        terms="not stated",
    ),
    "own": own_release("Own pairs", "your own pairs", own.read, has_pairs=True),
    "own_vqa": own_release("Own questions", "your own questions", own_vqa.read, has_pairs=False),
    "own_classification": own_release("Own classes", "your own images by class", own_classification.read, has_pairs=False),
}


class Count(NamedTuple):
    published: int
    found: int


def against_published(name: str, records: dict[Split, int], answers: int | None = None) -> dict[str, Count]:
    """Return what was found beside what was published, by split and for `answers` (None: not counted), as far as it is known."""
    release = CATALOGUE[name]
    counts = {str(split): Count(published, records.get(split, 0)) for split, published in release.records.items()}
    return counts | ({"answers": Count(release.answers, answers)} if release.answers and answers is not None else {})


def verdict(counts: dict[str, Count]) -> str:
    """Return "as published", or what differs; "" where no count is known. Mirrors differ, so that a difference is no error."""
    wrong = [f"{name} {count.found:,} of {count.published:,} published" for name, count in counts.items() if count.found != count.published]
    return ("as published" if not wrong else ", ".join(wrong)) if counts else ""
