import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from m3ae.readers import roco, rocov2
from m3ae.readers.published import ReleaseError
from m3ae.record import Split
from m3ae.shards import open_split
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
    nothing, head = {"bytes": None, "path": "c.jpg"}, {"bytes": picture(120), "path": ""}
    write(data, "train-00001-of-00002.parquet", image=[nothing], image_id=["c"], caption=["A scan of a knee."])
    write(data, "valid-00000-of-00001.parquet", image=[head], image_id=["d"], caption=["A scan of the head."])
    return tmp_path / "roco"


def test_rows_of_all_files_with_their_images(mirror, tmp_path):
    rows = list(roco.read(mirror))
    assert [(row.id, row.split) for row in rows] == [("a", Split.TRAIN), ("b", Split.TRAIN), ("c", Split.TRAIN), ("d", Split.VALIDATION)]
    assert rows[0].content.read() == picture(40)
    figures = run("roco", mirror, tmp_path / "out")
    assert figures["dropped"] == {"no text of 3 words": 1, "unreadable image": 1} and figures["kept"] == 2
    assert (open_split(tmp_path / "out", "validation").pixels(0) == 120).all()


def test_rocov2s_mirror_has_its_licence(mirror):
    assert {row.licence for row in rocov2.read(mirror)} == {"CC BY-NC-SA"}


def test_a_file_without_the_columns_or_that_is_none_is_an_error(mirror):
    write(mirror / "data", "test-00000-of-00001.parquet", image_id=["a"], caption=["b"])
    with pytest.raises(ReleaseError, match="test-00000-of-00001.parquet: the columns image are missing"):
        list(roco.read(mirror))
    (mirror / "data/test-00000-of-00001.parquet").write_bytes(b"half a download")
    with pytest.raises(ReleaseError, match="test-00000-of-00001.parquet: is no Parquet file"):
        list(roco.read(mirror))
