import pytest
import torch

from m3ae.ask import index
from m3ae.ask.match import matches
from m3ae.ask.search import search_images, search_texts

TEXTS = ["a mass in the left lung", "no lesion", "where is it", "no lesion"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("model", ["pretrained", "retrieving"])
def test_a_folder_is_ordered_as_its_pairs_are_scored(request, model, images):
    model = request.getfixturevalue(model)
    found = search_images(model, TEXTS[0], images[0].parent, num_best=3)
    expected = sorted(zip(matches(model, images, [TEXTS[0]] * 5), images, strict=True), reverse=True)[:3]
    assert [hit.found for hit in found.hits] == [image for _, image in expected]
    assert [hit.score for hit in found.hits] == pytest.approx([score for score, _ in expected], abs=1e-5)


def test_texts_are_ordered_as_their_pairs_are_scored_and_found_once(pretrained, images):
    hits = search_texts(pretrained, images[0], TEXTS, num_best=10)
    scores = {hit.found: hit.score for hit in hits}
    assert len(hits) == 3 and [hit.score for hit in hits] == sorted(scores.values(), reverse=True)
    assert [scores[text] for text in TEXTS[:3]] == pytest.approx(matches(pretrained, [images[0]] * 3, TEXTS[:3]), abs=1e-5)


def test_only_new_and_changed_images_are_encoded_again(pretrained, images, monkeypatch):
    encoded = []
    monkeypatch.setattr(index, "encoded", lambda model, paths: (encoded.extend(paths), torch.zeros(len(paths), 17, 16))[1])
    index.index_of(pretrained, images[0].parent)
    images[1].write_bytes(images[1].read_bytes() + b" ")
    index.index_of(pretrained, images[0].parent)
    assert encoded == [*images, images[1]]


def test_a_file_that_is_no_image_is_named_and_the_others_are_found(pretrained, images, cache):
    (images[0].parent / "bad.png").write_text("no image")
    found = search_images(pretrained, TEXTS[0], images[0].parent, num_best=9)
    assert len(found.hits) == 5 and "bad.png" in found.unread[0].reason
    assert [path.suffix for path in (cache / "m3ae" / "search").iterdir()] == [".safetensors"]
