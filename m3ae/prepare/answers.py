"""Answers as they are compared, by either of two rules, and the list of answers that a task chooses from.

`normalised` is the rule of the VQA evaluation (Antol et al., "VQA: Visual Question Answering", ICCV 2015), as the M3AE authors apply it.
`as_given` is for answers that it would make equal, such as "none" and "0", or "+" and "-".
"""

import re
from collections.abc import Callable, Iterable, Sequence

from m3ae.prepare.texts import cleaned

PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
COMMA_IN_NUMBER = re.compile(r"\d,\d")
PERIOD_NOT_IN_NUMBER = re.compile(r"\.(?!\d)")
ARTICLES = {"a", "an", "the"}
NUMBERS = {
    "none": "0",
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}
# Words that lost their apostrophe get it back. Where that is a word of its own ("were", "well", "its") nothing is changed.
CONTRACTED = (
    "ain't",
    "aren't",
    "can't",
    "could've",
    "couldn't",
    "couldn't've",
    "didn't",
    "doesn't",
    "don't",
    "hadn't",
    "hasn't",
    "haven't",
    "he'd",
    "he's",
    "how'd",
    "how'll",
    "how's",
    "i'm",
    "i've",
    "isn't",
    "it'd",
    "it'll",
    "ma'am",
    "might've",
    "mightn't",
    "must've",
    "mustn't",
    "needn't",
    "not've",
    "o'clock",
    "oughtn't",
    "shan't",
    "should've",
    "shouldn't",
    "somebody's",
    "someone's",
    "something's",
    "that'd",
    "that's",
    "there'd",
    "there're",
    "there's",
    "they'd",
    "they'll",
    "they're",
    "they've",
    "wasn't",
    "we've",
    "weren't",
    "what'll",
    "what're",
    "what's",
    "what've",
    "when's",
    "where'd",
    "where's",
    "where've",
    "who'd",
    "who'll",
    "who's",
    "who've",
    "why'll",
    "why're",
    "why's",
    "won't",
    "would've",
    "wouldn't",
    "y'all",
    "you'd",
    "you'll",
    "you're",
    "you've",
)
CONTRACTIONS = {word.replace("'", ""): word for word in CONTRACTED}


def normalised(answer: str) -> str:
    """Return the answer in lower case, without punctuation, articles and the period after a word; "two" -> "2", "none" -> "0".

    An answer of articles or punctuation alone, such as "A" or "+", keeps them.
    """
    text = without_punctuation(answer.lower())
    words = [NUMBERS.get(word, word) for word in PERIOD_NOT_IN_NUMBER.sub("", text).split()]
    telling = [CONTRACTIONS.get(word, word) for word in words if word not in ARTICLES]
    return " ".join(telling or words or answer.lower().split())


def as_given(answer: str) -> str:
    """Return the answer cleaned as texts are, whatever its case."""
    return cleaned(cleaned(answer).casefold())


def without_punctuation(text: str) -> str:
    """Return the text without punctuation marks.

    A mark beside a blank disappears, one inside a word ("t2-weighted") becomes a blank; a number keeps its digits together.
    """
    has_large_number = COMMA_IN_NUMBER.search(text) is not None
    result = text
    for mark in PUNCTUATION:
        beside_blank = mark + " " in text or " " + mark in text
        result = result.replace(mark, "" if beside_blank or has_large_number else " ")
    return result


def normalised_answers(answers: Sequence[str], rule: Callable[[str], str] = normalised) -> list[str]:
    """Return every right answer by the rule, each once; blank ones left out."""
    return list(dict.fromkeys(filter(None, map(rule, answers))))


def answer_list(answers: Iterable[str]) -> list[str]:
    """Return the distinct answers in order of first appearance."""
    return list(dict.fromkeys(answers))


def class_list(labels: Iterable[str]) -> list[str]:
    """Return the distinct class labels in alphabetical order."""
    return sorted(set(labels))
