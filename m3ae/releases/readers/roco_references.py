"""The inline references that MedICaT's authors provide for ROCO's figures.

Citation: Subramanian et al., "MedICaT", Findings of EMNLP 2020. Address: https://github.com/allenai/medicat (roco_references.zip).
Files: `roco_{train,val,test}_references.jsonl`, unpacked inside the roco or the medicat folder, with or without the zip's own
folders `net/nfs2.corp/allennlp/sanjays/roco_files/`. Keys: `roco_image_id` = `PMCid_filename`, `gorc_references` = list or null.
"""

from os.path import normpath
from pathlib import Path

from m3ae.releases.readers.published import SPELLINGS, json_lines, text, texts_or_null
from m3ae.releases.record import Split

FOLDERS = (".", "roco_files", "net/nfs2.corp/allennlp/sanjays/roco_files")
HOSTS = (".", "data", "roco_references", "release", "../medicat", "../medicat/release", "../medicat/roco_references")


def reference_files(roco: Path) -> dict[Split, Path]:
    """Return the files that belong to the ROCO release in the folder `roco`.

    They may lie in the folder `medicat` beside it: where `roco` is a link, beside the link.
    """
    places = [Path(normpath(roco / host / folder)) for host in HOSTS for folder in FOLDERS]
    found = {}
    for split, spellings in SPELLINGS.items():
        candidates = (place / f"roco_{spelling}_references.jsonl" for place in places for spelling in spellings)
        path = next((path for path in candidates if path.is_file()), None)
        if path:
            found[split] = path
    return found


def read_references(path: Path) -> dict[str, tuple[str, ...]]:
    """Return `PMCid_filename` -> the figure's inline references."""
    references: dict[str, tuple[str, ...]] = {}
    for number, row in json_lines(path):
        name, texts = text(row, "roco_image_id", path, f"line {number}"), texts_or_null(row, "gorc_references", path, f"line {number}")
        references[name] = references.get(name, ()) + texts
    return references
