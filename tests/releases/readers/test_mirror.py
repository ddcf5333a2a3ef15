import io
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from m3ae.releases.readers import roco, rocov2
from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.readers.tables import image_column, table_rows
from m3ae.releases.record import Split
from m3ae.shards.read import open_split
from tests.prepare.test_release import run


def picture(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((40, 48), level, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def write(folder, name: str, **columns) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / name)


@pytest.fixture
def mirror(tmp_path):
    data = tmp_path / "roco" / "data"
    images = [{"bytes": picture(40), "path": "a.jpg"}, {"bytes": picture(80), "path": None}]
    captions = ["A scan of the chest.", "short"]
    write(data, "train-00000-of-00002.parquet", image=images, image_id=["a", "b"], caption=captions, cui=["C1", "C2"])
    nothing, head = {"bytes": None, "path": None}, {"bytes": picture(120), "path": ""}
    write(data, "train-00001-of-00002.parquet", image=[nothing], image_id=["c"], caption=["A scan of a knee."])
    write(data, "valid-00000-of-00001.parquet", image=[head], image_id=["d"], caption=["A scan of the head."])
    return tmp_path / "roco"


def test_rows_of_all_files_with_their_images(mirror, tmp_path):
    rows = list(roco.read(mirror))
    assert [(row.id, row.split) for row in rows] == [("a", Split.TRAIN), ("b", Split.TRAIN), ("c", Split.TRAIN), ("d", Split.VALIDATION)]
    assert rows[0].content.read() == picture(40)
    figures = run("roco", mirror, tmp_path / "out")
    assert figures["dropped"] == {"no text of 3 words": 1, "no image bytes": 1} and figures["kept"] == 2
    assert (open_split(tmp_path / "out", "validation").pixels(0) == 120).all()


def test_rocov2s_mirror_has_its_licence(mirror):
    assert {row.licence for row in rocov2.read(mirror)} == {"CC BY-NC-SA"}


def test_a_file_without_the_columns_or_that_is_none_is_an_error(mirror):
    write(mirror / "data", "test-00000-of-00001.parquet", image_id=["a"], caption=["b"])
    with pytest.raises(ReleaseError, match="test-00000-of-00001.parquet: the columns image are missing"):
        list(roco.read(mirror))
    columns = pa.Table.from_arrays([pa.array(["a"])] * 4, ["image", "image_id", "caption", "caption"])
    pq.write_table(columns, mirror / "data/test-00000-of-00001.parquet")
    with pytest.raises(ReleaseError, match="test-00000-of-00001.parquet: the columns caption are there twice"):
        list(roco.read(mirror))
    (mirror / "data/test-00000-of-00001.parquet").write_bytes(b"half a download")
    with pytest.raises(ReleaseError, match="test-00000-of-00001.parquet: is no Parquet file"):
        list(roco.read(mirror))


KINDS = [
    pa.binary(),
    pa.large_binary(),
    pa.binary_view(),
    pa.binary(len(picture(40))),
    pa.dictionary(pa.int32(), pa.binary()),
    pa.struct([("bytes", pa.binary_view()), ("path", pa.string())]),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_images_may_be_binary_of_any_kind_and_a_null_has_its_own_reason(tmp_path, kind):
    files = [{"bytes": picture(40)}, {"bytes": None}] if pa.types.is_struct(kind) else [picture(40), None]
    images = pa.array(files, pa.binary()).dictionary_encode() if pa.types.is_dictionary(kind) else pa.array(files, kind)
    write(tmp_path / "rocov2", "train-0.parquet", image=images, image_id=["a", "b"], caption=["A scan of the chest."] * 2)
    write(tmp_path / "own", "manifest.parquet", image=images, id=["a", "b"], texts=["A scan of the chest."] * 2, split=["train"] * 2)
    for name in ("rocov2", "own"):
        figures = run(name, tmp_path / name, tmp_path / f"{name}-out")
        assert figures["kept"] == 1 and figures["dropped"] == {"no image bytes": 1}


STRANGE = {
    "string": pa.array(["a.jpg"]),
    "int64": pa.array([1]),
    "null": pa.array([None]),
    "list<element: int64>": pa.array([[1]]),
    "struct<path: string>": pa.array([{"path": "x"}]),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_an_image_column_without_bytes_is_an_error_that_names_it(tmp_path, kind):
    write(tmp_path, "train-0.parquet", image=STRANGE[kind], image_id=["a"], caption=["b"])
    with pytest.raises(ReleaseError, match=f"train-0.parquet: the column 'image' is of type {kind}, but bytes, .* expected; unpack"):
        list(rocov2.read(tmp_path))


def test_no_flipped_bit_of_the_columns_description_ends_the_process(tmp_path):
    write(tmp_path, "train-0.parquet", image=pa.array([{"bytes": picture(40), "path": "a.png"}]), image_id=["a"], caption=["b"])
    path, counted = tmp_path / "train-0.parquet", Counter()
    sound = path.read_bytes()
    for place in range(len(sound) - 8 - int.from_bytes(sound[-8:-4], "little"), len(sound) - 8):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1 << place % 8]) + sound[place + 1 :])
        image_column.cache_clear()
        try:
            [record.content and record.content.read() for record in rocov2.read(tmp_path)]
            counted["read"] += 1
        except ReleaseError:
            counted["named"] += 1
    assert min(counted["read"], counted["named"]) > 100


def test_a_path_beside_the_bytes_may_be_anything(tmp_path):
    paths = pa.array([b"caf\xe9.jpg", None]).view(pa.string())
    images = pa.StructArray.from_arrays([pa.array([picture(40), picture(80)]), paths], ["bytes", "path"])
    write(tmp_path, "train-0.parquet", image=images, image_id=["a", "b"], caption=["c", "d"])
    assert [record.content.read() for record in rocov2.read(tmp_path)] == [picture(40), picture(80)]


def test_a_text_that_is_not_utf8_is_an_error_that_names_its_row_group(tmp_path):
    captions = pa.array([b"fine", b"caf\xe9"]).view(pa.string())
    table = pa.table({"image": [picture(40)] * 2, "image_id": ["a", "b"], "caption": captions})
    pq.write_table(table, tmp_path / "train-0.parquet", row_group_size=1)
    with pytest.raises(ReleaseError, match=r"train-0.parquet: row group 1 \(from 0\) cannot be read \('utf-8' codec.*\); unpack"):
        list(rocov2.read(tmp_path))


def test_a_column_whose_name_is_no_utf8_is_one_line(tmp_path):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"caption": ["A scan."]}), path)
    path.write_bytes(path.read_bytes().replace(b"caption", b"captio\xe5"))
    with pytest.raises(ReleaseError, match="table.parquet: is no Parquet file"):
        list(table_rows(path))
