import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from m3ae.evaluate.classifiers import (
    CONTROLS,
    Chosen,
    Control,
    Rows,
    fitted,
    guesses,
    learnable,
    nearest,
    percent_right,
    with_validation,
    words,
)
from m3ae.evaluate.features import Source

QUESTIONS = ("is there a mass", "which lung is larger")


def made_up(decides: Source, num_rows: int, seed: int) -> Rows:
    """Rows of two answers, which the question or the image alone decides; of joint features both are a part."""
    draw = np.random.default_rng(seed)
    by_question, by_image = draw.integers(0, 2, (2, num_rows))
    image, noise = draw.normal(0, 1, (2, num_rows, 4))
    image[:, 0] = 3 * by_image + 0.1 * image[:, 0]
    features = {
        Source.QUESTION: np.array([QUESTIONS[kind] for kind in by_question]),
        Source.IMAGE: image,
        Source.JOINT: np.column_stack([image, noise, 3 * by_question + 0.1 * noise[:, 0]]),
    }
    labels = by_question if decides == Source.QUESTION else by_image
    return Rows(features, [[("no", "yes")[label]] for label in labels], [f"image{number}" for number in range(num_rows)])


def scores(decides: Source) -> dict[str, float]:
    train, validation, test = (made_up(decides, rows, seed) for seed, rows in enumerate((120, 40, 200)))
    chosen = {name: fitted(control, train, validation) for name, control in CONTROLS.items()}
    return {name: percent_right(guesses(one, test.features), test.right) for name, one in chosen.items()}


def test_where_the_question_alone_decides_its_words_suffice_and_the_image_is_no_better_than_guessing():
    found = scores(Source.QUESTION)
    assert found["question_only"] == 100 and 30 < found["image_only"] < 70
    assert min(found["linear_probe"], found["nearest_neighbours"]) > 80


def test_where_the_image_alone_decides_its_features_suffice_and_the_question_is_no_better_than_guessing():
    found = scores(Source.IMAGE)
    assert found["image_only"] == 100 and 30 < found["question_only"] < 70
    assert min(found["linear_probe"], found["nearest_neighbours"]) > 80


def constant(*answers: str) -> Control:
    """Candidates that give one answer each, whatever they are asked."""
    return Control(
        Source.IMAGE,
        lambda _: {place: make_pipeline(DummyClassifier(strategy="constant", constant=answer)) for place, answer in enumerate(answers)},
    )


def labelled(*answers: str) -> Rows:
    return Rows({Source.IMAGE: np.zeros((len(answers), 1))}, [[answer] for answer in answers], list(answers))


@pytest.mark.parametrize(("validation", "setting", "score"), [(("b", "b", "a", "a"), 0, 50.0), (("b", "b", "b", "a"), 1, 75.0)])
def test_the_setting_is_the_best_one_on_validation_and_of_equals_the_first(validation, setting, score):
    chosen = fitted(constant("a", "b"), labelled("a", "b", "a"), labelled(*validation))
    assert (chosen.setting, chosen.validation) == (setting, score)


def test_a_row_teaches_its_first_answer_that_a_model_may_give_and_none_without_one():
    rows = learnable(labelled("a", "b", "c")._replace(right=[["x", "left", "right"], ["x"], ["right"]]), ["left", "right"])
    assert rows.right == [["left", "right"], ["right"]] and rows.image_ids == ["a", "c"] and len(rows.features[Source.IMAGE]) == 2


def test_what_is_fitted_on_is_the_first_right_answer():
    most = Control(Source.IMAGE, lambda _: {0: make_pipeline(DummyClassifier(strategy="most_frequent"))})
    train = labelled("1", "2", "3")._replace(right=[["a", "b"], ["a", "b"], ["b"]])
    [given] = guesses(fitted(most, train, labelled("b")), {Source.IMAGE: np.zeros((1, 1))})
    assert given[0] == ("a", 1.0)


def test_without_a_validation_split_a_tenth_of_the_training_images_choose():
    images = [f"image{number // 3:02}" for number in range(60)]
    train, validation = with_validation(labelled(*images), None)
    assert set(train.image_ids) | set(validation.image_ids) == set(images) and not set(train.image_ids) & set(validation.image_ids)
    assert len(set(validation.image_ids)) == 2 and len(validation.right) == len(validation.features[Source.IMAGE]) == 6
    assert with_validation(train, validation) == (train, validation)


def test_the_best_answers_come_first_and_equally_probable_ones_by_name():
    prior = make_pipeline(DummyClassifier(strategy="prior")).fit(np.zeros((8, 1)), list("bbaaccfe"))
    [given] = guesses(Chosen(Source.IMAGE, prior, 0), {Source.IMAGE: np.zeros((1, 1))})
    assert given == [("a", 0.25), ("b", 0.25), ("c", 0.25), ("e", 0.125), ("f", 0.125)]
    even = make_pipeline(DummyClassifier(strategy="prior")).fit(np.zeros((50, 1)), [f"answer {number}" for number in range(10, 60)])
    [given] = guesses(Chosen(Source.IMAGE, even, 0), {Source.IMAGE: np.zeros((1, 1))})
    assert given == [(f"answer {number}", 0.02) for number in range(10, 15)]


def test_the_nearest_row_is_the_one_of_largest_cosine_and_there_may_be_fewer_rows_than_neighbours():
    draw = np.random.default_rng(0)
    rows, asked = draw.normal(0, 1, (15, 6)), draw.normal(0, 1, (9, 6))
    candidates = {number: one.fit(rows, [f"{row:02}" for row in range(15)]) for number, one in nearest(15).items()}
    scaled = StandardScaler().fit(rows)
    closest = cosine_similarity(scaled.transform(asked), scaled.transform(rows)).argmax(axis=1)
    assert candidates[1].predict(asked).tolist() == [f"{row:02}" for row in closest]
    assert max(candidates) > 15 and candidates[max(candidates)].predict(asked).tolist() == ["00"] * 9


def test_words_are_letters_and_digits_between_blanks_and_in_chinese_single_characters():
    assert sorted(words().fit(["Is T2 a 肺部 scan?"]).vocabulary_) == sorted(
        ["is", "t2", "a", "肺", "部", "scan", "is t2", "t2 a", "a 肺", "肺 部", "部 scan"]
    )
