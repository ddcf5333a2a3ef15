"""Small made-up releases, one in each layout that a reader knows: what the family of damaged annotations damages."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from m3ae.prepare.params import PrepareParams
from m3ae.releases.readers.medicat import FIGURES
from m3ae.releases.readers.mimic_cxr import METADATA, SPLITS
from m3ae.releases.readers.vqa_med_2019 import CATEGORIES, FOLDERS, TEST_FILE, TEST_FOLDER, TEST_IMAGES
from m3ae.releases.readers.vqa_rad import SINGLE_FILE
from m3ae.releases.record import Split

NUM_ROWS = 6  # of a file
PARAMS = PrepareParams(
    image_px=16, encoding="raw", rows_per_shard=8, max_pixels=10**6, dicom_window="voi", min_words=3, validation_share=0.1
)
FINDINGS = (
    "a mass in the left lung",
    "no fracture of the hip",
    "fluid, and a \u201cveiled\u201d base",
    "a stone of 5 mm",
    "gas",
    "calcified nodes",
)


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def write_json_lines(path: Path, rows: Iterable[Any]) -> None:
    write(path, "".join(f"{json.dumps(row)}\n" for row in rows))


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def image(number: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (12, 10), np.uint8)).save(file, "PNG")
    return file.getvalue()


def caption(number: int) -> str:
    return f"Figure {number} shows {FINDINGS[number % len(FINDINGS)]}."


def roco(folder: Path) -> None:
    for place, split in enumerate(("train", "validation", "test")):
        radiology = folder / "data" / split / "radiology"
        names = [f"ROCO_{100 * place + number:05d}" for number in range(NUM_ROWS)]
        write(radiology / "captions.txt", "".join(f"{name}\t {caption(number)}\n" for number, name in enumerate(names)))
        links = (f"{name}\twget http://x/{name[-3:]}/PMC{number}.tar.gz -O x\tfig{number}.jpg\n" for number, name in enumerate(names))
        write(radiology / "dlinks.txt", "".join(links))
        write(radiology / "licences.txt", table(("ROCO_ID", "PMC_ID", "CC"), ((name, "PMC", "CC BY") for name in names)))
        for number, name in enumerate(names):
            write(radiology / f"images/{name}.jpg", image(number))
    references = ({"roco_image_id": f"PMC{number}_fig{number}.jpg", "gorc_references": [caption(number + 1)]} for number in range(NUM_ROWS))
    write_json_lines(folder / "roco_train_references.jsonl", references)


def roco_kaggle(folder: Path) -> None:
    for split in ("train", "validation"):
        rows = [(f"ROCO_{split}{number}", f"PMC{number}_fig.jpg", caption(number)) for number in range(NUM_ROWS)]
        write(folder / f"all_data/{split}/radiology/{split}data.csv", table(("id", "name", "caption"), rows))
        for number, (name, *_) in enumerate(rows):
            write(folder / f"all_data/{split}/radiology/images/{name}.jpg", image(number))


def rocov2(folder: Path) -> None:
    for split in ("train", "valid", "test"):
        rows = [(f"{split}_{number}", caption(number)) for number in range(NUM_ROWS)]
        write(folder / f"{split}_captions.csv", table(("ID", "Caption"), rows))
        for number, (name, _) in enumerate(rows):
            write(folder / f"{split}_images/{name}.jpg", image(number))
    write(folder / "license_information.csv", table(("ID", "license"), (("train_1", "CC BY"), ("test_2", "CC BY-NC"))))


def medicat(folder: Path) -> None:
    rows = []
    for number in range(2 * NUM_ROWS):
        name = f"{number:04x}_{number}-Figure1.png"
        references = None if number % 3 else [caption(number + 1)]
        access = {"oa": {"license": "CC BY"}} if number % 2 else None
        row = {"pdf_hash": f"{number:04x}", "fig_uri": f"{number}-Figure1.png", "radiology": number % 4 > 0, "s2_caption": caption(number)}
        rows.append({**row, "s2orc_references": references, "oa_info": access})
        write(folder / "release/figures" / name, image(number))
    write_json_lines(folder / "release" / FIGURES, rows)


def questions(first: int) -> list[dict[str, Any]]:
    kinds = ("OPEN", "CLOSED")
    return [
        {
            "qid": first + number,
            "image_name": f"synpic{number}.jpg",
            "img_name": f"xmlab{number}/source.jpg",
            "question": f"Is there {FINDINGS[number % len(FINDINGS)]} in image {first}?",
            "answer": ("yes", "no", 5, "left lung")[number % 4],
            "answer_type": kinds[number % 2],
            "phrase_type": "test_freeform" if number % 3 == 0 else "freeform",
            "q_lang": "en" if number % 5 else "zh",
        }
        for number in range(NUM_ROWS)
    ]


def vqa_rad(folder: Path) -> None:
    for split, first in (("train", 0), ("test", 100)):
        write(folder / f"{split}set.json", json.dumps(questions(first), indent=1))
    images_of_questions(folder, "images")


def vqa_rad_single(folder: Path) -> None:
    write(folder / SINGLE_FILE, json.dumps(questions(0)))
    images_of_questions(folder, "VQA_RAD Image Folder")


def images_of_questions(folder: Path, name: str) -> None:
    for number, row in enumerate(questions(0)):
        write(folder / name / row["image_name"], image(number))


def slake(folder: Path) -> None:
    for split, first in (("train", 0), ("validate", 100), ("test", 200)):
        write(folder / f"{split}.json", json.dumps(questions(first)))
    for number, row in enumerate(questions(0)):
        write(folder / "imgs" / row["img_name"], image(number))


def vqa_med_2019(folder: Path) -> None:
    for name, suffix, images in FOLDERS.values():
        for number, category in enumerate(CATEGORIES, start=1):
            lines = (f"synpic{row}|what {category} is it in {row}?|{FINDINGS[row]}#{FINDINGS[row - 1]}\n" for row in range(NUM_ROWS))
            write(folder / name / f"QAPairsByCategory/C{number}_{category.capitalize()}_{suffix}.txt", "".join(lines))
        for row in range(NUM_ROWS):
            write(folder / name / images / f"synpic{row}.jpg", image(row))
    categories = (*CATEGORIES, "abnormality")
    lines = (f"synpic{row}|{categories[row % 4]}|is this {FINDINGS[row]}?|yes\n" for row in range(NUM_ROWS))
    write(folder / TEST_FOLDER / TEST_FILE, "".join(lines))
    for row in range(NUM_ROWS):
        write(folder / TEST_FOLDER / TEST_IMAGES / f"synpic{row}.jpg", image(row))


def hub(**columns: Callable[[int], object]) -> Callable[[Path], None]:
    """Return the maker of a release in the hub's Parquet files, with page checksums where the writer makes them."""

    def make(folder: Path) -> None:
        for split in ("train", "validation", "test"):
            rows = [{"image": {"bytes": image(row), "path": f"{row}.png"}} for row in range(NUM_ROWS)]
            rows = [row | {name: value(number) for name, value in columns.items()} for number, row in enumerate(rows)]
            write_parquet(folder / f"data/{split}-00000-of-00001.parquet", rows)

    return make


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=4, write_page_checksum=True)


def melinda(folder: Path) -> None:
    header = ("figure_file", "caption", "i_meth", "p_meth", "i_meth_label", "p_meth_label")
    for split in ("train", "dev", "test"):
        rows = [(f"{split}_{row}.jpg", caption(row), row, row, "blot", ("imaging", "other")[row % 2]) for row in range(NUM_ROWS)]
        write(folder / f"{split}.csv", table(header, rows))
        for row in range(NUM_ROWS):
            write(folder / f"melinda_images/{split}_{row}.jpg", image(row))


def mimic_cxr(folder: Path) -> None:
    splits, views = [], []
    for number in range(2 * NUM_ROWS):
        patient, study, name = 10000032 + number // 4, 50414267 + number // 2, f"{number:08x}"
        splits.append((name, study, patient, ("train", "validate", "test")[number // 4 % 3]))
        views.append((name, "PA" if number % 3 else "LATERAL", number))
        place = f"p{str(patient)[:2]}/p{patient}/s{study}"
        report = f" FINAL REPORT\n EXAMINATION: CHEST\n\n FINDINGS:\n {caption(number // 2)}\n\n IMPRESSION: {FINDINGS[number // 2 % 6]}.\n"
        write(folder / f"mimic-cxr-reports/files/{place}.txt", report)
        write(folder / f"files/{place}/{name}.jpg", image(number))
    write(folder / f"{SPLITS}.gz", gzip.compress(table(("dicom_id", "study_id", "subject_id", "split"), splits).encode(), mtime=0))
    write(folder / METADATA, table(("dicom_id", "ViewPosition", "Rows"), views))


def iu_xray(folder: Path) -> None:
    for number in range(NUM_ROWS):
        texts = f'<AbstractText Label="FINDINGS">{caption(number)}</AbstractText><AbstractText Label="IMPRESSION">Normal.</AbstractText>'
        images = "".join(f'<parentImage id="CXR{number}_IM-{view}"><caption>x</caption></parentImage>' for view in (1, 2))
        report = f'<?xml version="1.0" encoding="utf-8"?>\n<eCitation>\n<licenseURL>http://x/by/4.0</licenseURL>\n{texts}\n{images}</eCitation>\n'
        write(folder / f"ecgen-radiology/{number}.xml", report)
        for view in (1, 2):
            write(folder / f"NLMCXR_png/CXR{number}_IM-{view}.png", image(number))


def own_rows(**more: Callable[[int], object]) -> list[dict[str, Any]]:
    splits = (*[Split.TRAIN] * 4, Split.VALIDATION, Split.TEST)
    rows = [
        {"id": f"r{row}", "image": f"images/{row}.png", "patient": 100 + row, "split": splits[row], "licence": "CC0"}
        for row in range(NUM_ROWS)
    ]
    return [row | {key: value(number) for key, value in more.items()} for number, row in enumerate(rows)]


def own(folder: Path, rows: list[dict[str, Any]], kind: str) -> None:
    if kind == "jsonl":
        write_json_lines(folder / "manifest.jsonl", rows)
    elif kind == "csv":
        write(folder / "manifest.csv", table(rows[0], (row.values() for row in rows)))
    else:
        write_parquet(folder / "manifest.parquet", rows)
    for number, row in enumerate(rows):
        write(folder / row["image"], image(number))


def answer(row: int) -> str:
    return ("yes", "no", "left lung")[row % 3]


def question(row: int) -> str:
    return f"Is there {FINDINGS[row % 6]} in {row}?"


def texts(row: int) -> list[str]:
    return [caption(row), "See also figure 2."]


RELEASES: dict[str, tuple[str, Callable[[Path], None]]] = {  # a layout -> its reader's name, and who makes it
    "roco": ("roco", roco),
    "roco, Kaggle's": ("roco", roco_kaggle),
    "roco, the hub's": ("roco", hub(image_id=lambda row: f"ROCO_{row}", caption=caption)),
    "rocov2": ("rocov2", rocov2),
    "rocov2, the hub's": ("rocov2", hub(image_id=lambda row: f"v2_{row}", caption=caption)),
    "medicat": ("medicat", medicat),
    "vqa_rad": ("vqa_rad", vqa_rad),
    "vqa_rad, one file": ("vqa_rad", vqa_rad_single),
    "vqa_rad, the hub's": ("vqa_rad", hub(question=question, answer=answer)),
    "slake": ("slake", slake),
    "vqa_med_2019": ("vqa_med_2019", vqa_med_2019),
    "path_vqa": ("path_vqa", hub(question=question, answer=answer)),
    "melinda": ("melinda", melinda),
    "mimic_cxr": ("mimic_cxr", mimic_cxr),
    "iu_xray": ("iu_xray", iu_xray),
    "own, JSONL": ("own", lambda folder: own(folder, own_rows(texts=texts), "jsonl")),
    "own, CSV": ("own", lambda folder: own(folder, own_rows(text=caption), "csv")),
    "own, Parquet": ("own", lambda folder: own(folder, own_rows(texts=texts), "parquet")),
    "own_vqa": ("own_vqa", lambda folder: own(folder, own_rows(question=question, answer=answer), "csv")),
    "own_vqa, Parquet": ("own_vqa", lambda folder: own(folder, own_rows(question=question, answer=answer), "parquet")),
    "own_classification": ("own_classification", lambda folder: own(folder, own_rows(label=answer, text=caption), "jsonl")),
}
