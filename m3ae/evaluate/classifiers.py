"""Classifiers beside which a fine-tuned model's score is read, each fitted on what it may know of a training row.

The setting of each (strength of regularisation, number of neighbours) is chosen on the validation split.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from m3ae.evaluate.features import Features, Source
from m3ae.evaluate.predictions import NUM_BEST, Guess

STRENGTHS = (0.01, 0.1, 1.0, 10.0)  # scikit-learn's C, the inverse of the strength of regularisation
NUM_NEIGHBOURS = (20, 5, 1)
WORD = r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+"  # a Han character is a word of its own: Chinese has no blanks
DRAWN = 10  # without a validation split, one in so many training images chooses the settings


class Rows(NamedTuple):
    """A split's rows: their features and, of each, every right answer and the image."""

    features: Features
    right: list[list[str]]
    image_ids: list[str]

    def only(self, places: Sequence[int] | np.ndarray) -> "Rows":
        features = {source: values[places] for source, values in self.features.items()}
        return Rows(features, [self.right[place] for place in places], [self.image_ids[place] for place in places])


class Control(NamedTuple):
    """A kind of classifier: what it reads, and one of it for each setting, the smoothest first, given the number of training rows."""

    reads: Source
    candidates: Callable[[int], dict[float, Pipeline]]


class Chosen(NamedTuple):
    """The fitted classifier that did best on validation; of equally good ones the smoothest."""

    reads: Source
    classifier: Pipeline
    setting: float
    validation: float = 0.0  # percent right


def over_words(_num_rows: int) -> dict[float, Pipeline]:
    return {strength: make_pipeline(words(), regression(strength)) for strength in STRENGTHS}


def over_features(_num_rows: int) -> dict[float, Pipeline]:
    return {strength: make_pipeline(StandardScaler(), regression(strength)) for strength in STRENGTHS}


def words() -> CountVectorizer:
    """Return what marks which words and pairs of neighbouring words a text has."""
    return CountVectorizer(token_pattern=WORD, ngram_range=(1, 2), binary=True)


def regression(strength: float) -> LogisticRegression:
    """Return a multinomial logistic regression. A finer tolerance takes twice as long for the same scores."""
    return LogisticRegression(C=strength, tol=1e-3, max_iter=1000)


def nearest(num_rows: int) -> dict[float, Pipeline]:
    """Return votes of the nearest rows by cosine, which on the unit sphere orders as Euclid's distance does."""
    voters = {number: KNeighborsClassifier(min(number, num_rows), algorithm="brute") for number in NUM_NEIGHBOURS}
    return {number: make_pipeline(StandardScaler(), Normalizer(), voter) for number, voter in voters.items()}


# In an order that gives each of two processes half of the work.
CONTROLS = {
    "question_only": Control(Source.QUESTION, over_words),
    "image_only": Control(Source.IMAGE, over_features),
    "linear_probe": Control(Source.JOINT, over_features),
    "nearest_neighbours": Control(Source.JOINT, nearest),
}


def learnable(rows: Rows, answers: Sequence[str]) -> Rows:
    """Return the rows that have a right answer among `answers`, with those right answers alone."""
    known = set(answers)
    right = [[answer for answer in row if answer in known] for row in rows.right]
    return rows._replace(right=right).only([place for place, row in enumerate(right) if row])


def with_validation(train: Rows, validation: Rows | None) -> tuple[Rows, Rows]:
    """Return what to fit on and what to choose by; where there is no validation split, some training images become one."""
    if validation is not None:
        return train, validation
    _, images = np.unique(train.image_ids, return_inverse=True)
    return train.only(np.flatnonzero(images % DRAWN != 0)), train.only(np.flatnonzero(images % DRAWN == 0))


def fitted(control: Control, train: Rows, validation: Rows) -> Chosen:
    """Fit each candidate on the first right answer of each training row, and return the one that is best on validation."""
    candidates = control.candidates(len(train.right)).items()
    tried = [tried_out(Chosen(control.reads, classifier, setting), train, validation) for setting, classifier in candidates]
    return max(tried, key=lambda one: one.validation)  # the first of equals


def tried_out(candidate: Chosen, train: Rows, validation: Rows) -> Chosen:
    candidate.classifier.fit(train.features[candidate.reads], [right[0] for right in train.right])
    return candidate._replace(validation=percent_right(guesses(candidate, validation.features), validation.right))


def guesses(chosen: Chosen, features: Features) -> list[Guess]:
    """Return the best answers to each row and their probabilities, the best first, equally probable ones in order of their names."""
    answers = chosen.classifier.classes_.tolist()
    probabilities = chosen.classifier.predict_proba(features[chosen.reads]).round(6)
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :NUM_BEST]
    return [[(answers[place], float(row[place])) for place in places] for places, row in zip(best, probabilities, strict=True)]


def percent_right(given: Sequence[Guess], right: Sequence[list[str]]) -> float:
    return 100 * float(np.mean([guess[0][0] in answers for guess, answers in zip(given, right, strict=True)]))
