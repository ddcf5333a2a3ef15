import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from m3ae.prepare.survey import Survey, moved
from m3ae.releases.readers.drawn_splits import drawn
from m3ae.releases.readers.own import read
from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.record import Record, Split
from m3ae.shards.read import open_split
from tests.prepare.test_release import run, with_images

FIXTURE = Path(__file__).parents[2] / "fixtures" / "own"


def manifest(folder: Path, *rows: dict) -> Path:
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_rows_as_they_are_described():
    first, second, third = read(FIXTURE)
    image, texts = "images/a.jpg", ("Chest radiograph of a child.",)
    assert first == Record("a", Split.TRAIN, FIXTURE / image, image, texts, licence="CC BY 4.0", patient="p1")
    assert second.texts == ("Axial CT of the head.", "As Figure 2 shows.")
    assert (second.split, third.split) == (Split.VALIDATION, Split.TEST)


def test_a_parquet_manifest_may_hold_the_images(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(np.full((40, 40), 90, np.uint8)).save(buffer, "PNG")
    columns = {"id": ["a", "b"], "image": [buffer.getvalue(), b"no image"], "texts": [["A scan of the chest."], ["A scan of a knee."]]}
    table = pa.table({**columns, "split": ["validation", "train"]})
    (tmp_path / "own").mkdir()
    pq.write_table(table, tmp_path / "own/manifest.parquet")
    figures = run("own", tmp_path / "own", tmp_path / "out")
    assert figures["kept"] == 1 and figures["dropped"] == {"text file; fetch it again": 1}
    assert (open_split(tmp_path / "out", "validation").pixels(0) == 90).all()


def test_without_splits_a_patients_images_stay_together(tmp_path):
    names = [(f"p{patient}", f"{patient}-{image}.jpg") for patient in range(200) for image in range(3)]
    rows = [{"image": image, "texts": "a scan of", "patient": patient} for patient, image in names]
    records = list(read(manifest(tmp_path, *rows)))
    of_patient = [{record.split for record in records[3 * patient : 3 * patient + 3]} for patient in range(200)]
    assert all(len(splits) == 1 for splits in of_patient)
    shares = [sum(record.split is split for record in records) / 600 for split in (Split.VALIDATION, Split.TEST)]
    assert all(0.05 < share < 0.16 for share in shares)


def test_a_validation_split_that_is_missing_is_drawn_by_patient(tmp_path):
    rows = [{"image": f"{number}.jpg", "texts": "a scan of", "patient": f"p{number // 4}", "split": "train"} for number in range(80)]
    survey = Survey.of(read(manifest(tmp_path, *rows)), None)
    validation = survey.drawn_validation(0.1, seed=1)
    moves = [moved(record, validation).split is Split.VALIDATION for record in read(tmp_path)]
    assert sum(moves) == 8 and all(len(set(moves[start : start + 4])) == 1 for start in range(0, 80, 4))


def test_the_draw_depends_on_the_name_alone():
    assert [drawn(name) for name in ("p1", "p2", "p3", "p15", "p20")] == [drawn(name) for name in ("p1", "p2", "p3", "p15", "p20")]
    assert {drawn(f"p{number}") for number in range(60)} == set(Split)


WRONG = [
    ([{"image": "a.jpg"}], r"manifest.jsonl, line 1: 'texts' is missing"),
    ([{"texts": "a b c"}], r"line 1: 'image' is missing"),
    ([{"image": "a.jpg", "texts": {"en": "a"}}], r"line 1: 'texts' is no text"),
    ([{"image": "a.jpg", "texts": "a", "caption": "b"}], r"line 1: 'texts' and 'caption' both give the texts; leave one of them"),
    ([{"image": "a.jpg", "texts": "a", "patiant": "b"}], r"line 1: unknown key 'patiant'; the known ones are id, image, licence, patient"),
    ([{"image": "a.jpg", "texts": "a", "split": "fold 1"}], r"line 1: split 'fold 1' is none of train, validation, test"),
    ([{"image": "a.jpg", "texts": "a", "split": "train"}, {"image": "b.jpg", "texts": "a"}], r"line 2: some rows name their split and"),
    (
        [{"image": "a.jpg", "texts": "a", "split": split, "patient": "p"} for split in ("train", "test")],
        r"line 2: patient 'p' is in train and in test; keep patients apart",
    ),
    (
        [{"image": f"{folder}a.jpg", "texts": "a", "split": split} for folder, split in (("", "train"), ("./", "test"))],
        r"line 2: image 'a.jpg' is in train and in test; keep images apart",
    ),
    ([{"image": "a.jpg", "texts": "a", "source": ["a"]}], r"line 1: 'source' is no text"),
    ([{"image": "a.jpg", "texts": "a", "patient": "\ud800"}], r"line 1: 'patient' holds half a character"),
]


@pytest.mark.parametrize(("rows", "message"), WRONG)
def test_a_row_that_is_not_as_laid_out_is_an_error(tmp_path, rows, message):
    with pytest.raises(ReleaseError, match=message):
        list(read(manifest(tmp_path, *rows)))


def test_a_folder_without_a_manifest_or_with_two_is_an_error(tmp_path):
    (tmp_path / "metadata.csv").touch()
    expected = "none of manifest.jsonl, manifest.csv, manifest.parquet is here; what is here: metadata.csv; describe your images"
    with pytest.raises(ReleaseError, match=expected):
        list(read(tmp_path))
    (tmp_path / "manifest.csv").touch()
    (tmp_path / "manifest.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(ReleaseError, match="manifest.csv and manifest.parquet are here, but a release has one; take the others away"):
        list(read(tmp_path))
    (tmp_path / "manifest.csv").unlink()
    with pytest.raises(ReleaseError, match="manifest.parquet: is no Parquet file"):
        list(read(tmp_path))


def test_a_path_that_climbs_out_of_the_folder_is_dropped(tmp_path):
    release = with_images("own", tmp_path)
    (release / "manifest.jsonl").write_text('{"image": "../../etc/passwd", "texts": "a path that climbs"}\n')
    assert run("own", release, tmp_path / "out")["dropped"] == {"path leaves the release": 1}


def test_patients_that_are_no_number_are_not_one_patient(tmp_path):
    rows = [{"image": name, "texts": "a scan of", "patient": float("nan"), "split": "train"} for name in ("a", "b")]
    assert [(record.patient, record.together) for record in read(manifest(tmp_path, *rows))] == [("", "a"), ("", "b")]


def test_blank_images_are_not_one_image(tmp_path):
    rows = [{"image": None, "texts": "a scan of", "split": split} for split in ("train", "test")]
    assert [record.image for record in read(manifest(tmp_path, *rows))] == [tmp_path, tmp_path]


def test_paths_in_a_parquet_manifest_may_be_texts_of_any_kind(tmp_path):
    for images in (pa.array(["a.jpg"]).dictionary_encode(), pa.array(["a.jpg"], pa.string_view())):
        pq.write_table(pa.table({"image": images, "texts": ["a scan"]}), tmp_path / "manifest.parquet")
        assert next(read(tmp_path)).image == tmp_path / "a.jpg"
