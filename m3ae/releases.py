"""The catalogue of releases: what each is, where it comes from, on what terms, and what its publishers counted.

Sources: the readers' docstrings; counts that were checked on the published files. What is not known is not stated.
"""

from typing import NamedTuple

from m3ae.record import Split


class Release(NamedTuple):
    title: str
    address: str
    size: str
    licence: str
    terms: str
    records: dict[Split, int] = {}  # figures, or questions in the paper's language
    answers: int = 0  # different ones, normalised, over all splits
    splits: tuple[Split, ...] = tuple(Split)  # that a complete copy has


NOT_STATED = "not stated"
CATALOGUE = {
    "roco": Release(
        "ROCO, radiology figures of open-access articles", "https://github.com/razorx89/roco-dataset", "13.4 GB as Parquet",
        "each figure under its article's, named in licences.txt", "the repository lists the figures; its script fetches them from a "
        "service whose removal was announced for August 2026; Parquet mirrors on the Hugging Face hub hold 65,419 / 8,175 / 8,176 images",
        {Split.VALIDATION: 8180, Split.TEST: 8179},
    ),
    "rocov2": Release(
        "ROCOv2, ROCO with licences that allow sharing", "Parquet mirrors on the Hugging Face hub", NOT_STATED, "CC BY-NC-SA",
        "attribution, not commercial, share alike",
        {Split.TRAIN: 59_958, Split.VALIDATION: 9904, Split.TEST: 9927},
    ),
    "medicat": Release(
        "MedICaT, figures with inline references", "https://github.com/allenai/medicat; "
        "https://ai2-s2-medicat.s3.us-west-2.amazonaws.com/2020-10-05/medicat_release.tar.gz", "104 GB",
        "each figure under its article's, named in its record", "research use",
    ),
    "vqa_rad": Release(
        "VQA-RAD, questions that clinicians asked", "https://osf.io/89kps", NOT_STATED, "CC0", "none",
        {Split.TRAIN: 3064, Split.TEST: 451}, 498, (Split.TRAIN, Split.TEST),
    ),
    "slake": Release(
        "SLAKE, questions in English and Chinese", "https://www.med-vqa.com/slake", NOT_STATED, "CC BY 4.0", "attribution",
        {Split.TRAIN: 4919, Split.VALIDATION: 1053, Split.TEST: 1061}, 222,
    ),
    "vqa_med_2019": Release(
        "VQA-Med-2019, questions by category", "https://zenodo.org/records/10499039", NOT_STATED, "CC BY 4.0", "attribution",
    ),
    "melinda": Release(
        "MELINDA, figures by experiment method", "https://github.com/PlusLabNLP/melinda", NOT_STATED, NOT_STATED,
        "from its authors on request",
    ),
    "own": Release("your own pairs", "m3ae/readers/own.py says how to describe them", "yours", "yours", "yours"),
}  # fmt: skip


class Count(NamedTuple):
    published: int
    found: int


def against_published(name: str, records: dict[Split, int], answers: int | None = None) -> dict[str, Count]:
    """What was found beside what was published, by split and for `answers` (None: not counted), as far as it is known."""
    release = CATALOGUE[name]
    counts = {str(split): Count(published, records.get(split, 0)) for split, published in release.records.items()}
    return counts | ({"answers": Count(release.answers, answers)} if release.answers and answers is not None else {})


def verdict(counts: dict[str, Count]) -> str:
    """ "as published", or what differs; "" where no count is known. Mirrors differ, so that a difference is no error."""
    wrong = [f"{name} {count.found:,} of {count.published:,} published" for name, count in counts.items() if count.found != count.published]
    return ("as published" if not wrong else ", ".join(wrong)) if counts else ""
