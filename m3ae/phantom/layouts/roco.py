"""ROCO's layout: data/{train,validation,test}/{radiology,non-radiology}/*.txt with images beside them."""

from pathlib import Path

from m3ae.phantom.chart import chart_caption
from m3ae.phantom.figure import Figure, plan_split
from m3ae.phantom.language import caption
from m3ae.phantom.latent import Latent, generator
from m3ae.phantom.layouts.lines import write_lines
from m3ae.phantom.params import PhantomParams

NAME = "roco"
NUMBER = 1  # sets this release's random numbers apart
FOLDERS = {True: "radiology", False: "non-radiology"}
# name -> UMLS concept and semantic type
CONCEPTS = {
    "xray": ("C1306645", "T060\tDiagnostic Procedure"),
    "ct": ("C0040405", "T060\tDiagnostic Procedure"),
    "mr t1": ("C0024485", "T060\tDiagnostic Procedure"),
    "mr t2": ("C0024485", "T060\tDiagnostic Procedure"),
    "ultrasound": ("C0041618", "T060\tDiagnostic Procedure"),
    "cyst": ("C0010709", "T190\tAnatomical Abnormality"),
    "calcification": ("C0006663", "T046\tPathologic Function"),
    "abscess": ("C0000833", "T047\tDisease or Syndrome"),
    "hemorrhage": ("C0019080", "T046\tPathologic Function"),
}
LICENCES = ("CC BY", "CC BY-NC", "CC BY-NC-SA", "NO-CC CODE")


def plan(params: PhantomParams, seed: int) -> list[Figure]:
    """Return the release's figures; records of validation and test differ within their split, so that captions can be told apart."""
    figures, first = [], 1
    for index, (split, num) in enumerate(params.roco.model_dump().items()):
        path = f"data/{split}/radiology/images/ROCO_{{:05d}}.jpg"
        figures += plan_split(split, num, path, (seed, NUMBER, index), distinct=split != "train", first=first)
        first += num
        for _ in range(round(num * params.non_radiology_share / 4)):
            path = f"data/{split}/non-radiology/images/ROCO_{first:05d}.jpg"
            figures.append(Figure(split, path, "", None, (seed, NUMBER, index, 0, first)))
            first += 1
    return figures


def write_texts(folder: Path, figures: list[Figure], params: PhantomParams) -> None:
    for split in ("train", "validation", "test"):
        for is_radiology, name in FOLDERS.items():
            chosen = [figure for figure in figures if figure.split == split and (figure.latent is not None) == is_radiology]
            write_split(folder / "data" / split / name, chosen)


def write_split(folder: Path, figures: list[Figure]) -> None:
    """Write the six text files of one folder."""
    keys = [Path(figure.path).stem for figure in figures]
    rows = list(zip(keys, figures, strict=True))
    write_lines(folder / "captions.txt", (f"{key}\t {caption_of(figure)}" for key, figure in rows))
    write_lines(folder / "dlinks.txt", (f"{key}\t{link(key)}\t{file_name(key)}" for key in keys))
    write_lines(folder / "keywords.txt", (f"{key}\t" + "".join(f"\t{word}" for word in names(figure.latent)) for key, figure in rows))
    for place, name in enumerate(("cuis", "semtypes")):
        lines = (f"{key}\t" + "".join(f"\t{CONCEPTS[word][place]}" for word in names(figure.latent)) for key, figure in rows)
        write_lines(folder / f"{name}.txt", lines)
    licences = (f"{key},{article(key)}_{file_name(key)},{LICENCES[int(key[-2:]) % 4]}" for key in keys)
    write_lines(folder / "licences.txt", ["ROCO_ID,PMC_ID,CC", *licences])


def caption_of(figure: Figure) -> str:
    if figure.latent is None:
        return chart_caption(generator(*figure.words))
    return caption(figure.latent, generator(*figure.words, 1))


def names(latent: Latent | None) -> list[str]:
    """Return the names of the record's concepts, modality first."""
    return [] if latent is None else [latent.modality, *(finding.kind for finding in latent.findings)]


def article(key: str) -> str:
    """Return a PMC number far beyond those given out, so that no synthetic figure passes for a published one."""
    return f"PMC9900{key[-5:]}"


def file_name(key: str) -> str:
    return f"phantom-{key[-5:]}-g001.jpg"


def link(key: str) -> str:
    return f"wget -r ftp://phantom.invalid/oa_package/{key[-2:]}/{article(key)}.tar.gz -P /path/to/Dir"
