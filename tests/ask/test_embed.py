import polars as pl
import pytest

from m3ae.ask.embed import embed
from m3ae.ask.opened import AskError


def test_every_image_is_a_row_with_its_features(pretrained, images, tmp_path):
    (images[0].parent / "bad.png").write_text("no image")
    num_rows, unread = embed(pretrained, images[0].parent, tmp_path / "out" / "vectors.parquet")
    table = pl.read_parquet(tmp_path / "out" / "vectors.parquet")
    assert num_rows == len(table) == 5 and len(unread) == 1 and table["image"].to_list() == [path.name for path in images]
    expected = pretrained.learner.backbone.encode_image(pretrained.images(images[2:3])).mean(dim=1)[0]
    assert table["embedding"][2].to_list() == pytest.approx(expected.tolist(), abs=1e-5)


def test_a_folder_without_images_is_an_error(pretrained, tmp_path):
    with pytest.raises(AskError, match="holds no image file"):
        embed(pretrained, tmp_path / "answering", tmp_path / "vectors.parquet")
