import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

from m3ae.batches.images import to_tensor
from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.evaluate.scores import chance
from m3ae.finetune import ranking as module
from m3ae.finetune.ranking import Ranking, places, rank
from m3ae.objectives.build import task_learner
from m3ae.objectives.every_pair import score_pairs
from m3ae.objectives.learner import Learner
from m3ae.objectives.retrieval import Retrieval

TEXTS = ["a mass", "a large mass in the left lung", "no lesion", "chest radiograph of the right lung", "a cyst"]


def test_a_place_is_the_number_of_wrong_candidates_that_score_as_high():
    scores = np.array([[0.9, 0.1, 0.5], [0.9, 0.8, 0.7], [0.1, 0.2, 0.3]])
    assert places(scores, np.eye(3, dtype=bool)) == [0, 1, 0]


def test_a_constant_scorer_earns_nothing():
    assert places(np.zeros((4, 4)), np.eye(4, dtype=bool)) == [3, 3, 3, 3]


def test_identical_texts_are_right_for_each_others_images():
    texts = np.array(["a", "a", "b"])
    scores = np.array([[0.1, 0.9, 0.5], [0.1, 0.2, 0.3], [0.0, 0.0, 1.0]])
    assert places(scores, texts[:, None] == texts[None, :]) == [0, 1, 0]


def test_chance_of_distinct_texts_is_k_in_n():
    assert chance([str(n) for n in range(20)]) == {"r1": pytest.approx(5), "r5": pytest.approx(25), "r10": pytest.approx(50)}


def test_chance_grows_where_texts_are_shared():
    assert chance(["a", "a", "b", "c"] * 5)["r1"] == pytest.approx(100 * (2 * 10 / 20 + 5 / 20 + 5 / 20) / 4)


def test_everything_is_found_among_fewer_candidates_than_are_asked_for():
    assert chance(["a", "b", "c"])["r10"] == 100


class Images:
    def __len__(self) -> int:
        return len(TEXTS)

    def row(self, number: int) -> dict:
        return {"texts": [TEXTS[number]]}

    def pixels(self, row: int) -> np.ndarray:
        return np.random.default_rng(row).integers(0, 256, (32, 32, 1), np.uint8)


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer(train(TEXTS * 3, 300))


@pytest.fixture
def learner(config, tokenizer) -> Learner:
    return task_learner(config.model_copy(update={"vocabulary": len(tokenizer)}), "retrieval", Retrieval(config.model), seed=0).eval()


def ranking(learner, tokenizer, rerank: int) -> Ranking:
    return rank(learner, Images(), tokenizer, 32, 12, rerank)


@torch.no_grad()
def test_every_pair_scores_as_it_does_alone(learner, tokenizer, monkeypatch):
    monkeypatch.setattr(module, "ENCODED_AT_ONCE", 2)
    scores = ranking(learner, tokenizer, 0).image_to_text
    for image in range(len(TEXTS)):
        for number, text in enumerate(TEXTS):
            tokens, pixels = tokenizer([text], 12), to_tensor(Images().pixels(image), 32)[None]
            features, encoded = learner.backbone.encode_text(tokens.ids, tokens.mask), learner.backbone.encode_image(pixels)
            alone = learner.objectives["retrieval"].scores(learner.backbone.fusion, features, tokens.mask, encoded)
            assert scores[image, number] == pytest.approx(alone.item(), abs=1e-5)
    assert scores.std() > 1e-3


@torch.no_grad()
def test_a_first_pass_leaves_the_most_similar_to_the_fusion_and_the_others_behind_them(learner, tokenizer, monkeypatch):
    whole, asked = ranking(learner, tokenizer, 0), []
    monkeypatch.setattr(module, "score_pairs", lambda *given: (asked.append(len(given[2])), score_pairs(*given))[1])
    found = ranking(learner, tokenizer, 2)
    images = learner.backbone.encode_image(torch.stack([to_tensor(Images().pixels(row), 32) for row in range(len(TEXTS))])).mean(dim=1)
    alone = [tokenizer([text], 12) for text in TEXTS]
    texts = torch.cat([learner.backbone.encode_text(tokens.ids, tokens.mask).mean(dim=1) for tokens in alone])
    similarity = cosine_similarity(images[:, None], texts, dim=-1).numpy()
    for ordered, scores, similar in zip(found, whole, (similarity, similarity.T), strict=True):
        for row in range(len(TEXTS)):
            first, others = np.split(np.argsort(-similar[row]), [2])
            expected = [*sorted(first, key=lambda number: -scores[row, number]), *others]
            assert np.argsort(-ordered[row]).tolist() == expected
    assert 2 * len(TEXTS) <= sum(asked) < len(TEXTS) ** 2


def test_a_first_pass_that_keeps_all_changes_nothing(learner, tokenizer):
    assert np.array_equal(ranking(learner, tokenizer, len(TEXTS)), ranking(learner, tokenizer, 0))
