import pytest
import torch
from torch.nn.functional import cosine_similarity

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


def test_of_the_most_similar_images_alone_the_best_are_found(pretrained, images):
    with torch.no_grad():
        encoded = pretrained.learner.backbone.encode_image(pretrained.images(images)).mean(dim=1)
        tokens = pretrained.texts([TEXTS[0]])
        text = pretrained.learner.backbone.encode_text(tokens.ids, tokens.mask).mean(dim=1)
    similar = {images[place] for place in cosine_similarity(encoded, text).topk(2).indices}
    everything = search_images(pretrained, TEXTS[0], images[0].parent, num_best=5).hits
    found = search_images(pretrained, TEXTS[0], images[0].parent, num_best=5, rerank=2).hits
    assert [hit.found for hit in found] == [hit.found for hit in everything if hit.found in similar]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in everything if hit.found in similar], abs=1e-5)


def test_of_the_most_similar_texts_alone_the_best_are_found(pretrained, images):
    with torch.no_grad():
        image = pretrained.learner.backbone.encode_image(pretrained.images(images[:1])).mean(dim=1)
        alone = {text: pretrained.texts([text]) for text in TEXTS}
        vectors = {text: pretrained.learner.backbone.encode_text(tokens.ids, tokens.mask).mean(dim=1) for text, tokens in alone.items()}
    similar = sorted(vectors, key=lambda text: -cosine_similarity(image, vectors[text]).item())[:2]
    everything = search_texts(pretrained, images[0], TEXTS, num_best=5)
    assert search_texts(pretrained, images[0], TEXTS, 5, rerank=2) == [
        (text, pytest.approx(score, abs=1e-5)) for text, score in everything if text in similar
    ]


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
