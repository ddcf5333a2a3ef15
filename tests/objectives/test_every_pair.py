import pytest
import torch

from m3ae.objectives import every_pair
from m3ae.objectives.every_pair import encode_texts, score_pairs, similarities, vectors

LENGTHS = [4, 2, 7, 3, 5]


@pytest.fixture
def encoded(learner):
    """The images' features (I, 1 + N, H), the texts' ids and mask, and these encoded."""
    with torch.no_grad():
        learner.eval()
        images = learner.backbone.encode_image(torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
        mask = (torch.arange(7) < torch.tensor(LENGTHS)[:, None]).long()
        ids = torch.randint(5, 40, mask.shape, generator=torch.Generator().manual_seed(1)) * mask
        return images, ids, mask, encode_texts(learner.backbone, ids, mask)


@torch.no_grad()
def test_texts_are_encoded_as_each_alone_in_their_order_without_padding(learner, encoded):
    _, ids, mask, texts = encoded
    for number, length in enumerate(LENGTHS):
        alone = learner.backbone.encode_text(ids[number : number + 1, :length], mask[number : number + 1, :length])[0]
        assert torch.allclose(texts[number], alone, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(("texts_at_once", "images_at_once"), [(64, 1), (64, 2), (2, 1), (2, 2)])
def test_every_tile_puts_its_scores_where_they_belong(learner, encoded, monkeypatch, texts_at_once, images_at_once):
    monkeypatch.setattr(every_pair, "TEXTS_AT_ONCE", texts_at_once)
    images, _, _, texts = encoded
    head, fusion = learner.objectives["itm"], learner.backbone.fusion

    def score(text, mask, image):
        return head.scores(fusion, text, mask, image)[..., 1]

    scores = score_pairs(score, images, texts, images_at_once)
    whole = torch.ones(1, 7, dtype=torch.bool)
    alone = [[score(text[None], whole[:, : len(text)], image[None]).item() for text in texts] for image in images]
    assert torch.allclose(scores, torch.tensor(alone), atol=1e-5) and scores.std() > 1e-4


def test_a_tile_has_as_many_images_as_are_asked_for(encoded):
    images, _, _, texts = encoded
    sizes = []

    def score(_text, mask, image):
        sizes.append((len(image), mask.shape[1]))
        return torch.zeros(sizes[-1])

    score_pairs(score, images, texts, images_at_once=2)
    assert sizes == [(2, 5), (1, 5)]


def test_similarity_is_the_cosine_of_the_means_of_the_tokens():
    images, texts = torch.tensor([[[3.0, 0.0], [1.0, 0.0]]]), [torch.tensor([[2.0, 2.0]]), torch.tensor([[0.0, 1.0], [0.0, 9.0]])]
    assert torch.allclose(similarities(vectors(images), vectors(texts)), torch.tensor([[0.5**0.5, 0.0]]))
