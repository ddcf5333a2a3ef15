"""The latent record: everything that a synthetic image shows and that a text about it may say.

One record makes the picture, its boxes, the caption, the inline references, the questions and the class
labels, so that none of them can contradict another. Attributes are drawn independently wherever anatomy
allows, lest one word of a caption give another away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator

T = TypeVar("T")
KINDS = ("cyst", "calcification", "abscess", "hemorrhage")
DEVICES = ("", "needle", "stent")
TRAIT_ORGAN = {"chest": "heart", "brain": "ventricles", "abdomen": "aorta"}  # the organ that may be enlarged

# modality -> (region, plane) pairs drawn, and the two techniques, which differ at a glance
VIEWS = {
    "xray": (("chest", "frontal"), ("chest", "lateral")),
    "ct": (("brain", "axial"), ("chest", "axial"), ("chest", "coronal"), ("abdomen", "axial"), ("abdomen", "coronal")),
    "mr t1": (("brain", "axial"), ("brain", "coronal"), ("brain", "sagittal"), ("abdomen", "axial"), ("abdomen", "coronal")),
    "mr t2": (("brain", "axial"), ("brain", "coronal"), ("brain", "sagittal"), ("abdomen", "axial"), ("abdomen", "coronal")),
    "ultrasound": (("abdomen", "transverse"), ("abdomen", "longitudinal")),
}
TECHNIQUES = {
    "xray": ("erect", "supine"),
    "ct": ("unenhanced", "contrast-enhanced"),
    "mr t1": ("unenhanced", "contrast-enhanced"),
    "mr t2": ("conventional", "fat-suppressed"),
    "ultrasound": ("grey-scale", "doppler"),
}
# plane -> words for the image's left and right half, and for its upper and lower half.
# Radiological convention: the patient's left is on the right of the image, anterior is up or on the left.
ACROSS = {
    "frontal": ("right", "left"),
    "lateral": ("anterior", "posterior"),
    "axial": ("right", "left"),
    "coronal": ("right", "left"),
    "sagittal": ("anterior", "posterior"),
    "transverse": ("right", "left"),
    "longitudinal": ("cranial", "caudal"),
}
DOWN = {
    "frontal": ("upper", "lower"),
    "lateral": ("upper", "lower"),
    "axial": ("anterior", "posterior"),
    "coronal": ("upper", "lower"),
    "sagittal": ("upper", "lower"),
    "transverse": ("superficial", "deep"),
    "longitudinal": ("superficial", "deep"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One lesion, or two or three small ones together, in one quarter of the image."""

    kind: str
    count: int  # 1 to 3
    size: str  # "small" | "large"; several are always small, or a quarter could not hold them
    across: int  # 0 = left half of the image, 1 = right half
    down: int  # 0 = upper half of the image, 1 = lower half


@dataclass(frozen=True, slots=True)
class Latent:
    """The record of one image: all that it shows."""

    modality: str
    technique: str
    region: str
    plane: str
    findings: tuple[Finding, ...]  # none, one or two
    enlarged: bool  # the region's TRAIT_ORGAN
    device: str  # "" = none

    @property
    def essence(self) -> tuple[Any, ...]:
        """Return what every caption states: two records that share it may share a caption."""
        return (self.modality, self.technique, self.region, self.plane, self.findings)

    def side(self, finding: Finding) -> str:
        return ACROSS[self.plane][finding.across]

    def level(self, finding: Finding) -> str:
        return DOWN[self.plane][finding.down]

    def place(self, finding: Finding) -> str:
        return f"{self.side(finding)} {self.level(finding)}"

    def as_row(self) -> dict[str, Any]:
        """Return all fields, places also in words, as a row of `latent.jsonl`."""
        findings = [asdict(finding) | {"place": self.place(finding)} for finding in self.findings]
        names = ("modality", "technique", "region", "plane", "enlarged", "device")
        return {name: getattr(self, name) for name in names} | {"findings": findings}


def pick(rng: Generator, choices: Sequence[T]) -> T:
    """Return one of `choices`, all equally likely, with its own type (numpy's choice would change it)."""
    return choices[int(rng.integers(len(choices)))]


def draw_latent(rng: Generator) -> Latent:
    modality = list(VIEWS)[int(rng.choice(len(VIEWS), p=(0.22, 0.24, 0.19, 0.19, 0.16)))]
    region, plane = pick(rng, VIEWS[modality])
    return Latent(
        modality=modality,
        technique=pick(rng, TECHNIQUES[modality]),
        region=region,
        plane=plane,
        findings=draw_findings(rng),
        enlarged=bool(rng.integers(2)),
        device=DEVICES[int(rng.choice(len(DEVICES), p=(0.7, 0.15, 0.15)))],
    )


def draw_findings(rng: Generator) -> tuple[Finding, ...]:
    """Draw no finding (8%), one (77%) or two (15%); two are single lesions of different kinds in different quarters."""
    num = int(rng.choice(3, p=(0.08, 0.77, 0.15)))
    quarters, kinds = rng.permutation(4)[:num], rng.permutation(len(KINDS))[:num]
    several = num == 1 and rng.random() < 0.5
    return tuple(
        Finding(
            kind=KINDS[kind],
            count=pick(rng, (2, 3)) if several else 1,
            size="small" if several else pick(rng, ("small", "large")),
            across=int(quarter % 2),
            down=int(quarter // 2),
        )
        for quarter, kind in zip(quarters, kinds, strict=True)
    )


def draw_patients(rng: Generator, num_images: int, prefix: str, distinct: bool, most_images: int) -> Iterator[tuple[str, Latent]]:
    """Yield `num_images` pairs of patient and record; a patient has one to `most_images`, one after the other.

    With `distinct`, no two records share their essence, so that no two images deserve the same caption.
    """
    seen: set[tuple[Any, ...]] = set()
    patient, left = -1, 0
    for _ in range(num_images):
        if left == 0:
            patient, left = patient + 1, int(rng.integers(1, most_images + 1))
        left -= 1
        latent = draw_latent(rng)
        while distinct and latent.essence in seen:
            latent = draw_latent(rng)
        seen.add(latent.essence)
        yield f"{prefix}-{patient:05d}", latent


def generator(*words: int) -> Generator:
    """Return the random generator of one image, split or file: the same for the same words, whoever asks and when."""
    return np.random.default_rng(np.random.SeedSequence(words))
