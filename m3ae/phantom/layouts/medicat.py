"""MedICaT's layout: release/figures, one JSONL of figures, and the references it provides for ROCO's figures."""

from hashlib import sha1
from pathlib import Path
from typing import Any

from m3ae.phantom.chart import chart_caption
from m3ae.phantom.figure import Figure, plan_split
from m3ae.phantom.language import caption, references
from m3ae.phantom.latent import generator
from m3ae.phantom.layouts import roco
from m3ae.phantom.layouts.lines import write_json_lines
from m3ae.phantom.params import PhantomParams

NAME = "medicat"
NUMBER = 2
TABLE = "release/s2_full_figures_oa_nonroco_combined_medical_top4_public.jsonl"
ROCO_REFERENCES = "net/nfs2.corp/allennlp/sanjays/roco_files/roco_{}_references.jsonl"
LICENCES = (None, "cc-by", "cc-by-nc", "cc-by-nc-nd")


def plan(params: PhantomParams, seed: int) -> list[Figure]:
    """Return the release's figures, one an article; a hash of its number names it.

    The release has no splits; with one figure a patient, whoever splits it keeps patients apart.
    """
    figures = plan_split("all", params.medicat, "{}", (seed, NUMBER, 0), first=1, most_images=1)
    return [named(figure, generator(*figure.words, 2).random() < params.non_radiology_share) for figure in figures]


def named(figure: Figure, is_chart: bool) -> Figure:
    number = int(figure.path)
    key = sha1(f"phantom {number}".encode()).hexdigest()
    path = f"release/figures/{key}_{number % 9 + 1}-Figure{number % 4 + 1}-1.png"
    return Figure(figure.split, path, "" if is_chart else figure.patient, None if is_chart else figure.latent, figure.words)


def write_texts(folder: Path, figures: list[Figure], params: PhantomParams) -> None:
    write_json_lines(folder / TABLE, (row(figure) for figure in figures))
    seed = figures[0].words[0]
    for split, short in (("train", "train"), ("validation", "val"), ("test", "test")):
        chosen = [figure for figure in roco.plan(params, seed) if figure.split == split and figure.latent]
        write_json_lines(folder / ROCO_REFERENCES.format(short), (roco_row(figure) for figure in chosen))


def row(figure: Figure) -> dict[str, Any]:
    """Return one row of the published table, key for key."""
    key, uri = Path(figure.path).name.split("_", 1)
    rng, number = generator(*figure.words, 1), int(uri.split("Figure")[1][0])
    words = chart_caption(generator(*figure.words)) if figure.latent is None else caption(figure.latent, rng)
    if rng.random() < 0.3:
        words = f"Figure {number}. {words}"
    said = [] if figure.latent is None else references(figure.latent, number, rng)
    return {
        "pdf_hash": key,
        "fig_key": f"Figure{number}",
        "fig_uri": uri,
        "s2_caption": words,
        "s2orc_caption": words,
        "s2orc_references": said or None,
        "radiology": figure.latent is not None,
        "scope": False,
        "predicted_type": "Medical images",
        "oa_info": {"doi": "", "oa": {"is_oa": True, "license": LICENCES[figure.words[-1] % 4]}},
    }


def roco_row(figure: Figure) -> dict[str, Any]:
    """Return the references of one ROCO figure, under the name that its dlinks line gives it."""
    key = Path(figure.path).stem
    said = references(figure.radiology, 1, generator(*figure.words, 3))
    return {"roco_image_id": f"{roco.article(key)}_{roco.file_name(key)}", "gorc_references": said or None}
