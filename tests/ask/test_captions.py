import pytest

from m3ae.ask import captions
from m3ae.ask.captions import captions_of, nearest_captions
from m3ae.ask.match import matches
from m3ae.batches.excluded import NOTHING
from m3ae.shards.read import ShardError, open_split
from tests.demo.training import CAPTIONS, write_training


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_captions_are_ordered_as_their_pairs_are_scored(pretrained, tmp_path, images):
    found = captions_of(pretrained, [write_training(tmp_path / "roco")], NOTHING)
    hits = nearest_captions(pretrained, found, images[0], num_best=9)
    assert sorted(hit.found for hit in hits) == sorted(CAPTIONS)
    assert [hit.score for hit in hits] == pytest.approx(matches(pretrained, [images[0]] * 5, [hit.found for hit in hits]), abs=1e-5)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_only_captions_of_the_nearest_images_are_read_by_the_fusion(pretrained, tmp_path, monkeypatch):
    folder = write_training(tmp_path / "roco")
    found, shown = captions_of(pretrained, [folder], NOTHING), open_split(folder, "train").pixels(3)
    monkeypatch.setattr(captions, "RERANKED", 1)
    assert [hit.found for hit in nearest_captions(pretrained, found, shown, num_best=5)] == [CAPTIONS[3]]


def test_what_pretraining_left_out_is_not_among_them(pretrained, tmp_path):
    found = captions_of(pretrained, [write_training(tmp_path / "roco")], {"roco": frozenset({"image-1"})})
    assert found.texts == [CAPTIONS[0], *CAPTIONS[2:]] and len(found.vectors) == 4


def test_images_are_encoded_once(pretrained, tmp_path, monkeypatch):
    folder = write_training(tmp_path / "roco")
    first = captions_of(pretrained, [folder], NOTHING)
    monkeypatch.setattr(captions, "encoded", lambda *_: pytest.fail("encoded again"))
    assert captions_of(pretrained, [folder], NOTHING).vectors.equal(first.vectors)


def test_missing_shards_are_an_error_with_a_remedy(pretrained, tmp_path):
    with pytest.raises(ShardError, match="dvc repro"):
        captions_of(pretrained, [tmp_path / "roco"], NOTHING)
