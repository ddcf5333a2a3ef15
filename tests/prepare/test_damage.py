"""A corpus of damaged releases: each damage is a drop under its own reason, an error that names file, line and remedy, or survived."""

import io
import json
import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from m3ae.prepare.texts import MOST_CHARACTERS, MOST_IN_ANSWER
from m3ae.releases.catalogue import CATALOGUE
from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.record import Record
from m3ae.shards.read import open_split
from tests.prepare.test_release import PARAMS, run, with_images

GREY = np.random.default_rng(0).integers(0, 256, (48, 64), np.uint8)


def png(image: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def file_of(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises another size than its data hold."""
    small = png(Image.new("L", (8, 8)))
    header = b"IHDR" + struct.pack(">II", width, height) + small[24:29]
    return small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:]


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return file_of(Image.fromarray(GREY), "JPEG", exif=exif)


def several_frames(kind: str) -> bytes:
    return file_of(Image.fromarray(GREY), kind, save_all=True, append_images=[Image.fromarray(255 - GREY)])


def replaced_by(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_link_to(target: str) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        path.symlink_to(target)

    return replace


JPEG = file_of(Image.fromarray(GREY), "JPEG")
LOST_IMAGES = {
    "half a JPEG": (replaced_by(JPEG[: len(JPEG) // 2]), "truncated image"),
    "a JPEG of two halves": (replaced_by(JPEG[: len(JPEG) // 2] + JPEG[-2:]), "truncated image"),
    "a JPEG with a hole": (replaced_by(JPEG[:-900] + bytes(400) + JPEG[-500:]), "unreadable image"),
    "half a PNG": (replaced_by(png(Image.fromarray(GREY))[:900]), "truncated image"),
    "empty": (replaced_by(b""), "empty file; fetch it again"),
    "a page that says 404": (replaced_by(b"<html>404</html>"), "HTML page; fetch it again"),
    "a PNG's first bytes and noise": (replaced_by(png(Image.fromarray(GREY))[:8] + bytes(range(200))), "unreadable image"),
    "an animation": (replaced_by(several_frames("GIF")), "animated image"),
    "a stack of pages": (replaced_by(several_frames("TIFF")), "several pages"),
    "no width": (replaced_by(of_size(0, 100)), "unreadable image"),
    "a gigapixel": (replaced_by(of_size(40_000, 25_000)), "image too large"),
    "a bomb": (replaced_by(of_size(2**30, 2**30)), "image too large"),
    "a line": (replaced_by(png(Image.new("L", (50, 1)))), "image too small"),
    "missing": (Path.unlink, "missing image"),
    "a pipe": (a_pipe, "pipe, socket or device"),
    "a folder": (a_folder, "missing image"),
    "a link out of the release": (a_link_to("/etc/passwd"), "path leaves the release"),
    "a link to nothing": (a_link_to("nowhere.jpg"), "missing image"),
}
ODD_IMAGES = {
    "a PNG called .jpg": png(Image.fromarray(GREY)),
    "CMYK": file_of(Image.fromarray(GREY).convert("CMYK"), "JPEG"),
    "16 bits": png(Image.fromarray(GREY.astype(np.uint16) * 16 + 20_000)),
    "a palette": png(Image.fromarray(GREY).convert("P")),
    "a palette with transparency": png(Image.fromarray(GREY).convert("P"), transparency=0),
    "two colours": png(Image.fromarray(GREY).convert("1")),
    "grey with alpha": png(Image.fromarray(GREY).convert("LA")),
    "turned by EXIF": turned(),
    "WebP": file_of(Image.fromarray(GREY), "WEBP"),
}


def first_record(release: Path) -> Record:
    """The first record of a split that has its image, in a text long enough to be kept."""
    return next(row for row in CATALOGUE[release.name].read(release) if isinstance(row, Record) and len(row.texts[0].split()) >= 3)


def sums_up(figures: dict) -> bool:
    splits = figures["splits"].values()
    return figures["read"] == figures["kept"] + sum(figures["dropped"].values()) == sum(split["read"] for split in splits)


@pytest.mark.parametrize("damage", LOST_IMAGES)
@pytest.mark.parametrize("name", CATALOGUE)
def test_an_image_that_cannot_be_used_is_dropped_under_its_reason(tmp_path, name, damage):
    release = with_images(name, tmp_path)
    lost, (spoil, reason) = first_record(release), LOST_IMAGES[damage]
    spoil(lost.image)
    figures = run(name, release, tmp_path / "out")
    listed = pl.read_parquet(tmp_path / "out/dropped.parquet").filter(pl.col("reason") == reason)
    assert lost.id in listed["id"].to_list() and figures["dropped"][reason] == len(listed) and sums_up(figures)


@pytest.mark.parametrize("oddity", ODD_IMAGES)
def test_an_odd_image_is_kept_with_its_contrast(tmp_path, oddity):
    release = with_images("roco", tmp_path)
    odd = first_record(release)
    odd.image.write_bytes(ODD_IMAGES[oddity])
    figures = run("roco", release, tmp_path / "out")
    rows = open_split(tmp_path / "out", odd.split)
    place = [rows.row(number)["id"] for number in range(len(rows))].index(odd.id)
    pixels = rows.pixels(place)
    assert figures["dropped"] == {"no text of 3 words": 2} and min(pixels.shape[:2]) == PARAMS.image_px
    assert pixels.max() - pixels.min() > 100 and 60 < pixels.mean() < 195


def edited(file: str, change: Callable[[list[dict]], None]) -> Callable[[Path], None]:
    """A change to the rows of a JSON file."""

    def edit(release: Path) -> None:
        rows = json.loads((release / file).read_text())
        change(rows)
        (release / file).write_text(json.dumps(rows))

    return edit


def with_value(file: str, key: str, value) -> Callable[[Path], None]:
    """The first row gets `value`."""
    return edited(file, lambda rows: rows[0].update({key: value}))


def text_of(file: str, content: str | bytes) -> Callable[[Path], None]:
    return lambda release: (release / file).write_bytes(content if isinstance(content, bytes) else content.encode()) and None


def folder_at(file: str) -> Callable[[Path], None]:
    return lambda release: a_folder(release / file)


def line_of(file: str, content: bytes) -> Callable[[Path], None]:
    """One more line at the end."""
    return lambda release: (release / file).write_bytes((release / file).read_bytes() + content) and None


MEDICAT = "release/s2_full_figures_oa_nonroco_combined_medical_top4_public.jsonl"
ROCO = "data/train/radiology/captions.txt"
VQA_MED = "ImageClef-2019-VQA-Med-Training/QAPairsByCategory/C1_Modality_train.txt"
VQA_MED_TEST = "VQAMed2019Test/VQAMed2019_Test_Questions_w_Ref_Answers.txt"
HEADER = "figure_file,caption,i_meth,p_meth,i_meth_label,p_meth_label\n"


OWN = "manifest.jsonl"


def own_line(**changes) -> bytes:
    row = {"id": "z", "image": "images/z.jpg", "texts": "A scan of the chest.", "split": "train", **changes}
    return json.dumps(row).encode() + b"\n"


def medicat_line(**changes) -> bytes:
    row = {
        "pdf_hash": "zz",
        "fig_uri": "9-Figure1-1.png",
        "s2_caption": "A scan of the chest.",
        "s2orc_caption": None,
        "s2orc_references": None,
        "radiology": True,
        "oa_info": None,
        **changes,
    }
    return json.dumps(row).encode() + b"\n"


TOO_LONG = "word " * (MOST_CHARACTERS // 5 + 1)
LOST_ROWS = [
    ("roco", line_of(ROCO, b"ROCO_00009\t \n"), "ROCO_00009", "no text of 3 words"),
    ("roco", line_of(ROCO, b"ROCO_00009\t Xray.\n"), "ROCO_00009", "no text of 3 words"),
    ("roco", line_of(ROCO, b"ROCO_00009\t \x00\x01 \x02\x7f \xe2\x80\x8b\n"), "ROCO_00009", "no text of 3 words"),
    ("roco", line_of(ROCO, b"ROCO_00009\t " + b"x" * 2**20 + b" a b c\n"), "ROCO_00009", f"text of over {MOST_CHARACTERS} characters"),
    ("roco", line_of(ROCO, b"ROCO_00001\t The same figure once more.\r\n"), "ROCO_00001", "duplicate id"),
    ("roco", line_of(ROCO, b"../../../../../secret\t A path that climbs out.\n"), "../../../../../secret", "path leaves the release"),
    ("roco", line_of(ROCO, b"/etc/passwd\t A path from the root.\n"), "/etc/passwd", "path leaves the release"),
    ("medicat", line_of(MEDICAT, medicat_line(s2_caption=None)), "zz_9-Figure1-1.png", "no text of 3 words"),
    ("medicat", line_of(MEDICAT, medicat_line(s2_caption=TOO_LONG)), "zz_9-Figure1-1.png", f"text of over {MOST_CHARACTERS} characters"),
    ("medicat", line_of(MEDICAT, medicat_line(radiology=None)), "zz_9-Figure1-1.png", "not radiology"),
    ("medicat", line_of(MEDICAT, medicat_line(fig_uri="/../../../../etc/passwd")), "zz_/../../../../etc/passwd", "path leaves the release"),
    ("medicat", line_of(MEDICAT, medicat_line() + medicat_line()), "zz_9-Figure1-1.png", "duplicate id"),
    ("vqa_rad", with_value("trainset.json", "answer", None), "1", "no answer"),
    ("vqa_rad", with_value("trainset.json", "answer", []), "1", "no answer"),
    ("vqa_rad", with_value("trainset.json", "answer", "  "), "1", "no answer"),
    ("vqa_rad", with_value("trainset.json", "answer", float("nan")), "1", "no answer"),
    ("vqa_rad", with_value("trainset.json", "answer", [float("inf"), "\u200b\u0000"]), "1", "no answer"),
    ("vqa_rad", with_value("trainset.json", "answer", "a" * 2**20), "1", f"answer of over {MOST_IN_ANSWER} characters"),
    ("vqa_rad", with_value("trainset.json", "answer", ["yes", "a " * MOST_IN_ANSWER]), "1", f"answer of over {MOST_IN_ANSWER} characters"),
    (
        "melinda",
        text_of("train.csv", HEADER + f"100_2.jpg,A blot.,a,b,c,{'d' * 2000}\n"),
        "train-1",
        f"answer of over {MOST_IN_ANSWER} characters",
    ),
    ("vqa_rad", with_value("trainset.json", "question", None), "1", "no text"),
    ("vqa_rad", with_value("trainset.json", "question", "\u0000\u200b"), "1", "no text"),
    ("vqa_rad", with_value("trainset.json", "question", TOO_LONG), "1", f"text of over {MOST_CHARACTERS} characters"),
    ("vqa_rad", with_value("trainset.json", "image_name", None), "1", "missing image"),
    ("vqa_rad", with_value("trainset.json", "image_name", "../../../etc/passwd"), "1", "path leaves the release"),
    ("vqa_rad", with_value("trainset.json", "image_name", "/etc/passwd"), "1", "path leaves the release"),
    ("vqa_rad", with_value("trainset.json", "image_name", "a\u0000b.jpg"), "1", "unreadable image"),
    ("vqa_rad", edited("trainset.json", lambda rows: rows.append(rows[0])), "1", "duplicate id"),
    ("slake", with_value("train.json", "answer", None), "0", "no answer"),
    ("slake", with_value("train.json", "question", " \n "), "0", "no text"),
    ("slake", with_value("train.json", "img_name", "../../etc/passwd"), "0", "path leaves the release"),
    ("slake", edited("train.json", lambda rows: rows.append(rows[0])), "0", "duplicate id"),
    ("slake", with_value("train.json", "q_lang", "fr"), "0", "language not chosen"),
    ("vqa_med_2019", line_of(VQA_MED, b"../../../../../../etc/passwd|which?|ct\n"), "modality-2", "path leaves the release"),
    ("vqa_med_2019", line_of(VQA_MED, b"synpic1| |ct\n"), "modality-2", "no text"),
    ("vqa_med_2019", line_of(VQA_MED, b"synpic1|which modality?| # \n"), "modality-2", "no answer"),
    ("vqa_med_2019", line_of(VQA_MED_TEST, b"synpic3|abnormality|what?|x\r\n"), "abnormality-5", "not modality, plane or organ"),
    ("roco", line_of(ROCO, b"R" * 300 + b"\t A name of three hundred.\n"), "R" * 300, "unreadable image"),
    ("rocov2", line_of("train_captions.csv", b"c,\r\n\r\n"), "c", "no text of 3 words"),
    ("rocov2", line_of("train_captions.csv", b"c,\x00 \xe2\x80\x8b\n"), "c", "no text of 3 words"),
    ("rocov2", line_of("train_captions.csv", b"c," + TOO_LONG.encode() + b"\n"), "c", f"text of over {MOST_CHARACTERS} characters"),
    ("rocov2", line_of("train_captions.csv", b"ROCOv2_2023_train_000001,The same again.\n"), "ROCOv2_2023_train_000001", "duplicate id"),
    ("rocov2", line_of("train_captions.csv", b"../../../secret,A path that climbs out.\n"), "../../../secret", "path leaves the release"),
    ("rocov2", line_of("train_captions.csv", b"r" * 300 + b",A name of three hundred.\n"), "r" * 300, "unreadable image"),
    ("own", line_of(OWN, own_line()), "z", "missing image"),
    ("own", line_of(OWN, own_line(image=None)), "z", "missing image"),
    ("own", line_of(OWN, own_line(image="z" * 300)), "z", "unreadable image"),
    ("own", line_of(OWN, own_line(image="/etc/passwd")), "z", "path leaves the release"),
    ("own", line_of(OWN, own_line(texts=None)), "z", "no text of 3 words"),
    ("own", line_of(OWN, own_line(texts=[])), "z", "no text of 3 words"),
    ("own", line_of(OWN, own_line(texts=["\u200b \u0000", float("nan"), 5])), "z", "no text of 3 words"),
    ("own", line_of(OWN, own_line(texts=TOO_LONG)), "z", f"text of over {MOST_CHARACTERS} characters"),
    ("own", line_of(OWN, own_line(id="a", image="images/a.jpg")), "a", "duplicate id"),
    ("own", line_of(OWN, own_line(id=None)), "manifest.jsonl-line 4", "missing image"),
    ("melinda", text_of("train.csv", HEADER + "100_2.jpg,,a,b,c,western blot\n"), "train-1", "no text"),
    ("melinda", text_of("train.csv", HEADER + "100_2.jpg,A blot.,a,b,c,\n"), "train-1", "no answer"),
    ("melinda", text_of("train.csv", HEADER + "../../../etc/passwd,A blot.,a,b,c,d\n"), "train-1", "path leaves the release"),
    ("melinda", text_of("train.csv", HEADER.replace("\n", "\r\n") + '100_2.jpg,"A\r\n\tblot",a,b,c,\r\n'), "train-1", "no answer"),
]


@pytest.mark.parametrize(("name", "spoil", "identifier", "reason"), LOST_ROWS)
def test_a_row_that_cannot_be_used_is_dropped_under_its_reason(tmp_path, name, spoil, identifier, reason):
    release = with_images(name, tmp_path)
    before = run(name, release, tmp_path / "before")
    spoil(release)
    figures = run(name, release, tmp_path / "out")
    listed = pl.read_parquet(tmp_path / "out/dropped.parquet").filter((pl.col("reason") == reason) & (pl.col("id") == identifier))
    assert len(listed) == 1 and sums_up(figures)
    assert figures["dropped"][reason] == before["dropped"].get(reason, 0) + 1


KEPT_ANSWERS = [
    (2.5, ["2.5"]),
    (0, ["0"]),
    (True, ["yes"]),
    (False, ["no"]),
    (["Left lung", "left  LUNG", 2], ["left lung", "2"]),
    ("left\u200b lung\x00", ["left lung"]),
    (["ce\u0301cum", "c\u00e9cum", float("nan")], ["c\u00e9cum"]),
    ("left \ufeff\u00a0lung", ["left lung"]),
]


@pytest.mark.parametrize(("answer", "kept"), KEPT_ANSWERS)
def test_an_answer_may_be_a_number_a_truth_value_or_several(tmp_path, answer, kept):
    release = with_images("vqa_rad", tmp_path)
    with_value("testset.json", "answer", answer)(release)
    run("vqa_rad", release, tmp_path / "out")
    assert open_split(tmp_path / "out", "test").row(0)["answers"] == kept
    assert set(json.loads((tmp_path / "out/answers.json").read_text())) == {"yes", "2", "left lung", *kept}


ERRORS = [
    ("roco", line_of(ROCO, b"ROCO_00009 no tab here\n"), r"captions\.txt, line 5: an ID, a tab and a text expected"),
    ("roco", line_of(ROCO, b"ROCO_00009\t caf\xe9 au lait scan\n"), r"captions\.txt, line 5: is not UTF-8"),
    ("roco", line_of("data/train/radiology/dlinks.txt", b"ROCO_00009\twget\tx.jpg\n"), r"dlinks\.txt, line 4: no \.tar\.gz and file"),
    ("roco", line_of("data/train/radiology/licences.txt", b"nothing\n"), r"licences\.txt, line 4: 3 fields expected, 1 found"),
    ("roco", line_of("data/train/radiology/licences.txt", b"a,b,c,CC BY\n"), r"licences\.txt, line 4: 3 fields expected, 4 found"),
    ("roco", text_of("data/train/radiology/licences.txt", "ROCO_00001,PMC1,CC\n"), r"licences\.txt: a table with the columns ROCO_ID, CC"),
    ("roco", text_of(ROCO, "a\tThe chest.\rb\tThe knee.\r"), r"captions\.txt, line 1: a carriage return stands within the line"),
    ("roco", lambda release: a_pipe(release / ROCO), r"captions\.txt: is neither a file nor a folder"),
    ("vqa_rad", lambda release: a_pipe(release / "testset.json"), r"testset\.json: is neither a file nor a folder"),
    ("roco", folder_at(ROCO), r"captions\.txt: cannot be read \(Is a directory\)"),
    ("roco", folder_at("data/train/radiology/licences.txt"), r"licences\.txt: cannot be read \(Is a directory\)"),
    ("rocov2", text_of("valid_captions.csv", 'ID,Caption\na,b\n\nc,"d\n'), r"valid_captions\.csv, line 4: is no row of a CSV file"),
    ("rocov2", text_of("valid_captions.csv", "ID,Caption\na\n"), r"valid_captions\.csv, line 2: 2 fields expected, 1 found"),
    ("rocov2", line_of("train_captions.csv", b"c,caf\xe9\n"), r"train_captions\.csv, line 4: is not UTF-8"),
    ("rocov2", line_of("train_captions.csv", b",A caption.\n"), r"train_captions\.csv, line 4: the ID is blank"),
    ("rocov2", text_of("license_information.csv", "ID,license_a,license_b\n"), r"line 1: license_a and license_b may each name"),
    ("medicat", line_of(MEDICAT, b"{half a line"), r"public\.jsonl, line \d+: is not JSON"),
    ("medicat", line_of(MEDICAT, b"[1, 2]\n"), r"public\.jsonl, line \d+: a JSON object expected"),
    ("medicat", line_of(MEDICAT, medicat_line(s2_caption=["a", "b", "c"])), r"line \d+: the caption is no text"),
    *(
        ("medicat", line_of(MEDICAT, medicat_line(s2orc_references=value)), r"line 5: 's2orc_references' is neither null nor a list")
        for value in ([1], [None], 5, True, "Figure 1 shows.", {"a": "b"})
    ),
    *(
        ("medicat", line_of(MEDICAT, medicat_line(oa_info=value)), rf"line 5: {key!r} is no ")
        for value, key in (("free", "oa_info"), ([1], "oa_info"), ({"oa": "cc-by"}, "oa"), ({"oa": {"license": ["cc-by"]}}, "license"))
    ),
    ("medicat", line_of(MEDICAT, medicat_line(fig_uri="\ud800.png")), r"line 5: 'fig_uri' holds half a character"),
    ("medicat", line_of(MEDICAT, medicat_line(oa_info={"oa": {"license": "\ud800"}})), r"line 5: 'license' holds half a character"),
    ("medicat", line_of(MEDICAT, b"[" * 100_000 + b"\n"), r"public\.jsonl, line 5: is not JSON \(maximum recursion depth"),
    ("medicat", line_of(MEDICAT, b'{"radiology": true}\n'), r"line \d+: 'pdf_hash' is missing"),
    ("vqa_rad", text_of("trainset.json", b'[{"qid": 1,'), r"trainset\.json, line 1: is not JSON"),
    ("vqa_rad", text_of("trainset.json", b'[{"question": "caf\xe9"}]'), r"trainset\.json, line 1: is not UTF-8"),
    ("vqa_rad", text_of("trainset.json", "[" * 100_000), r"trainset\.json: is not JSON \(maximum recursion depth"),
    ("vqa_rad", folder_at("trainset.json"), r"trainset\.json: cannot be read \(Is a directory\)"),
    *(
        ("vqa_rad", with_value("trainset.json", key, "a\udc00"), rf"trainset\.json, row 1: '{key}' holds half a character")
        for key in ("qid", "image_name", "answer", "question")
    ),
    ("vqa_rad", text_of("trainset.json", "{}"), r"trainset\.json: a JSON list of objects expected"),
    ("vqa_rad", edited("trainset.json", lambda rows: rows[0].pop("answer")), r"trainset\.json, row 1: 'answer' is missing"),
    ("vqa_rad", with_value("trainset.json", "question", ["a", "b"]), r"trainset\.json, row 1: 'question' is no text"),
    ("vqa_rad", with_value("trainset.json", "answer", {"en": "yes"}), r"trainset\.json, row 1: 'answer' is no text"),
    ("vqa_rad", with_value("trainset.json", "answer_type", "BOTH"), r"trainset\.json, row 1: answer_type 'BOTH' is neither"),
    ("slake", with_value("train.json", "answer_type", None), r"train\.json, row 1: answer_type '' is neither OPEN nor CLOSED"),
    ("slake", edited("train.json", lambda rows: rows.append("x")), r"train\.json: a JSON list of objects expected"),
    ("vqa_med_2019", line_of(VQA_MED, b"synpic1|which modality?\n"), r"C1_Modality_train\.txt, line 2: 3 fields"),
    ("vqa_med_2019", line_of(VQA_MED, b"synpic1|a|b|c\n"), r"C1_Modality_train\.txt, line 2: 3 fields"),
    ("vqa_med_2019", line_of(VQA_MED_TEST, b"synpic3| |what?|x\n"), r"Ref_Answers\.txt, line 5: the category is blank"),
    *(
        ("own", line_of(OWN, own_line(**{key: value})), rf"manifest\.jsonl, line 4: '{key}' (is no text|holds half a character)")
        for key in ("id", "image", "texts", "split", "licence", "source", "patient")
        for value in ({"a": 1}, [["a"]], "\ud800")
    ),
    ("own", line_of(OWN, b"{half a line"), r"manifest\.jsonl, line 4: is not JSON"),
    ("own", line_of(OWN, own_line(texts="x").replace(b'"x"', b'"caf\xe9"')), r"manifest\.jsonl, line 4: is not UTF-8"),
    ("own", line_of(OWN, own_line(image="images/c.jpg")), r"line 4: image 'images/c\.jpg' is in test and in train"),
    ("own", line_of(OWN, own_line(patient=3)), r"line 4: patient '3' is in test and in train"),
    ("melinda", text_of("train.csv", "figure,caption\na.jpg,b\n"), r"train\.csv: a table with the columns figure_file, caption"),
    ("melinda", text_of("train.csv", HEADER + "a.jpg,b,c,d,e,f,g,h\n"), r"train\.csv, line 2: 6 fields expected, 8 found"),
    ("melinda", text_of("train.csv", HEADER.encode() + b"a.jpg,caf\xe9,c,d,e,f\n"), r"train\.csv, line 2: is not UTF-8"),
    ("melinda", text_of("train.csv", HEADER + 'a.jpg,"b,c,d,e,f\n'), r"train\.csv, line 2: is no row of a CSV file"),
    ("melinda", text_of("train.csv", HEADER + "a.jpg,b,c,d,e\n"), r"train\.csv, line 2: 6 fields expected, 5 found"),
    ("melinda", text_of("train.csv", HEADER + ",no figure,c,d,e,f\n"), r"train\.csv, line 2: figure_file is blank"),
    ("melinda", text_of("train.csv", ""), r"train\.csv: a table with the columns"),
]


@pytest.mark.parametrize(("name", "spoil", "message"), ERRORS)
def test_a_file_that_cannot_be_read_is_an_error_that_names_file_line_and_remedy(tmp_path, name, spoil, message):
    release = with_images(name, tmp_path)
    spoil(release)
    with pytest.raises(ReleaseError, match=message) as error:
        run(name, release, tmp_path / "out")
    assert re.search(r"unpack|correct|keep", str(error.value)) and not (tmp_path / "out").exists()


def mirror(folder: Path, **changes) -> Path:
    """A Parquet mirror of two rows, of which the second has `changes`."""
    sound = {"image": {"bytes": JPEG, "path": "a.jpg"}, "image_id": "a", "caption": "A scan of the chest."}
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist([sound, {**sound, "image_id": "b", **changes}]), folder / "train-0.parquet")
    return folder


LOST_MIRROR_ROWS = [
    ({"caption": None}, "b", "no text of 3 words"),
    ({"caption": "\u200b \u0000"}, "b", "no text of 3 words"),
    ({"caption": TOO_LONG}, "b", f"text of over {MOST_CHARACTERS} characters"),
    ({"image_id": "a"}, "a", "duplicate id"),
    ({"image_id": None, "caption": "short"}, "train-0.parquet-row-2", "no text of 3 words"),
    ({"image": None}, "b", "no image bytes"),
    ({"image": {"bytes": None, "path": None}}, "b", "no image bytes"),
    ({"image": {"bytes": None, "path": "a.jpg"}}, "b", "missing image"),
    ({"image": {"bytes": None, "path": "/etc/passwd"}}, "b", "path leaves the release"),
    ({"image": {"bytes": None, "path": "../../secret"}}, "b", "path leaves the release"),
    ({"image": {"bytes": JPEG[: len(JPEG) // 2], "path": "a.jpg"}}, "b", "truncated image"),
    ({"image": {"bytes": b"<html>404</html>", "path": "a.jpg"}}, "b", "HTML page; fetch it again"),
]


@pytest.mark.parametrize(("changes", "identifier", "reason"), LOST_MIRROR_ROWS)
@pytest.mark.parametrize("name", ["roco", "rocov2"])
def test_a_row_of_a_mirror_that_cannot_be_used_is_dropped_under_its_reason(tmp_path, name, changes, identifier, reason):
    figures = run(name, mirror(tmp_path / name, **changes), tmp_path / "out")
    listed = pl.read_parquet(tmp_path / "out/dropped.parquet")
    assert listed.select("id", "reason").rows() == [(identifier, reason)] and figures["kept"] == 1 and sums_up(figures)


@pytest.mark.parametrize("name", ["roco", "rocov2"])
def test_a_mirror_that_cannot_be_read_is_an_error_that_names_file_and_remedy(tmp_path, name):
    path = mirror(tmp_path / name) / "train-0.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReleaseError, match=r"train-0\.parquet: is no Parquet file .*unpack"):
        run(name, path.parent, tmp_path / "out")
    pq.write_table(pa.table({"image": [JPEG], "image_id": ["a"], "caption": [["A scan of the chest."]]}), path)
    with pytest.raises(ReleaseError, match=r"train-0\.parquet, row 1: 'caption' is no text; unpack"):
        run(name, path.parent, tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("vqa_rad", "testset.json"),
        ("slake", "test.json"),
        ("melinda", "dev.csv"),
        ("roco", "data/train/radiology/dlinks.txt"),
        ("own", "manifest.jsonl"),
        ("own_vqa", "manifest.csv"),
        ("mimic_cxr", "mimic-cxr-2.0.0-split.csv"),
        ("iu_xray", "ecgen-radiology/1.xml"),
        ("path_vqa", "data/test-00000-of-00001.parquet"),
    ],
)
def test_a_pipe_in_an_annotations_place_is_an_error_and_not_waited_for(tmp_path, name, file):
    release = with_images(name, tmp_path)
    (release / file).unlink()
    os.mkfifo(release / file)
    with pytest.raises(ReleaseError, match=rf"{Path(file).name}: .*(neither a file nor a folder|not even a file)"):
        run(name, release, tmp_path / "out")
