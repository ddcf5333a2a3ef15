"""Ways to spoil a text, each in five severities: a severity changes 5% more of the words, and at least one that may be changed.

MM-Robustness's rate (Qiu et al., 2022, arXiv 2212.08044); what it asks a sentence encoder, whether the meaning is still there, a list of
protected words does here: negations, sides, numbers, and whatever the caller adds, such as the words of the answers.
"""

import re
from collections.abc import Callable, Container
from typing import NamedTuple

import numpy as np

RATE = 0.05  # share of the words, times the severity
NEGATIONS = {"no", "not", "without", "none", "never", "absent", "except"}
SIDES = {"left", "right", "upper", "lower", "anterior", "posterior", "superior", "inferior", "medial", "lateral", "bilateral"}
UNITS = {"mm", "cm", "m", "ml", "kg", "mg", "hu", "percent"}
PROTECTED = frozenset(NEGATIONS | SIDES | UNITS)
Draw = np.random.Generator

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
LETTERS = "".join(KEYS)
LOOKALIKES = {"l": "1", "i": "1", "o": "0", "s": "5", "b": "6", "g": "9", "z": "2", "e": "c", "c": "e", "u": "v", "n": "r", "m": "rn"}
SYNONYMS = {
    "picture": "image",
    "image": "picture",
    "scan": "image",
    "show": "display",
    "shows": "displays",
    "shown": "displayed",
    "seen": "visible",
    "visible": "seen",
    "demonstrates": "shows",
    "large": "big",
    "big": "large",
    "small": "little",
    "mass": "lump",
    "lesion": "abnormality",
    "abnormality": "lesion",
    "abnormal": "unusual",
    "normal": "unremarkable",
    "disease": "illness",
    "patient": "person",
    "located": "situated",
    "found": "seen",
    "body": "anatomy",
    "part": "portion",
    "organ": "structure",
    "many": "numerous",
    "type": "kind",
    "kind": "type",
    "taken": "acquired",
    "acquired": "taken",
    "plane": "orientation",
    "present": "there",
    "evidence": "sign",
    "enlarged": "expanded",
    "is": "appears",
    "used": "employed",
    "what": "which",
    "which": "what",
}
ABBREVIATIONS = {
    "radiograph": "XR",
    "x-ray": "XR",
    "xray": "XR",
    "ultrasound": "US",
    "sonogram": "US",
    "history": "hx",
    "diagnosis": "dx",
    "fracture": "fx",
    "treatment": "tx",
    "patient": "pt",
    "with": "w/",
    "abdomen": "abd",
    "lymph": "LN",
    "year-old": "yo",
}
EXPANSIONS = {
    "ct": "computed tomography",
    "mri": "magnetic resonance imaging",
    "mr": "magnetic resonance",
    "cxr": "chest radiograph",
    "us": "ultrasound",
    "w/": "with",
    "hx": "history",
    "dx": "diagnosis",
    "fx": "fracture",
    "pt": "patient",
    "pet": "positron emission tomography",
}
CLINICAL = ABBREVIATIONS | EXPANSIONS


class TextOperator(NamedTuple):
    """What becomes of a word, and of which words: `alter` takes one without its punctuation, in the case that it has."""

    fits: Callable[[str], bool]
    alter: Callable[[str, Draw], str]


def perturbed(text: str, name: str, severity: int, draw: Draw, protected: frozenset[str] = frozenset()) -> str:
    """Return the text as the operator `name` leaves it at a severity of 1 to 5: unchanged where no word may be, or fits."""
    operator, words = TEXT_OPERATORS[name], text.split()
    places = [place for place, word in enumerate(words) if may_change(word, protected) and operator.fits(bare(word))]
    number = min(len(places), max(1, round(RATE * severity * len(words))))
    for place in draw.choice(places, number, replace=False).tolist() if places else ():
        words[place] = words[place].replace(bare(words[place]), operator.alter(bare(words[place]), draw), 1)
    return " ".join(filter(None, words))


def may_change(word: str, protected: frozenset[str]) -> bool:
    """Return whether the word is neither protected nor a number, and has a letter to be read by."""
    inner = bare(word).lower()
    parts = {inner, *inner.split("-")}
    return bool(re.search("[a-z]", inner)) and not re.search("[0-9]", inner) and not parts & (PROTECTED | protected)


def bare(word: str) -> str:
    """Return the word without the punctuation around it; "w/" keeps its stroke."""
    return word.strip("()[]{}.,;:!?\"'")


def is_long(word: str) -> bool:
    return len(word) > 1


def any_word(_word: str) -> bool:
    return True


def neighbour_key(word: str, draw: Draw) -> str:
    """Hit the key beside the right one."""
    return at_letter(word, draw, lambda letter: beside(letter, draw))


def beside(letter: str, draw: Draw) -> str:
    row = next(row for row in KEYS if letter.lower() in row)
    place = row.index(letter.lower()) + (1 if draw.random() < 0.5 else -1)
    return row[place if 0 <= place < len(row) else 1 if place < 0 else -2]


def misread(word: str, draw: Draw) -> str:
    """Read one character for another that looks like it."""
    return at_letter(word, draw, lambda letter: LOOKALIKES[letter.lower()], LOOKALIKES)


def inserted(word: str, draw: Draw) -> str:
    return at_letter(word, draw, lambda letter: letter + any_letter(draw))


def substituted(word: str, draw: Draw) -> str:
    return at_letter(word, draw, lambda _letter: any_letter(draw))


def deleted(word: str, draw: Draw) -> str:
    return at_letter(word, draw, lambda _letter: "")


def swapped(word: str, draw: Draw) -> str:
    """Swap a character with the next one."""
    place = int(draw.integers(len(word) - 1))
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def at_letter(word: str, draw: Draw, change: Callable[[str], str], letters: Container[str] = LETTERS) -> str:
    """Change one of the word's characters that are among `letters`."""
    places = [place for place, letter in enumerate(word) if letter.lower() in letters]
    place = places[int(draw.integers(len(places)))]
    return word[:place] + change(word[place]) + word[place + 1 :]


def any_letter(draw: Draw) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[int(draw.integers(26))]


def looks_like_another(word: str) -> bool:
    return any(letter in LOOKALIKES for letter in word.lower())


TEXT_OPERATORS = {
    "keyboard": TextOperator(any_word, neighbour_key),
    "ocr": TextOperator(looks_like_another, misread),
    "character_insertion": TextOperator(any_word, inserted),
    "character_substitution": TextOperator(any_word, substituted),
    "character_swap": TextOperator(is_long, swapped),
    "character_deletion": TextOperator(is_long, deleted),
    "synonym": TextOperator(lambda word: word.lower() in SYNONYMS, lambda word, _draw: SYNONYMS[word.lower()]),
    "word_deletion": TextOperator(any_word, lambda _word, _draw: ""),
    "word_repetition": TextOperator(any_word, lambda word, _draw: f"{word} {word}"),
    "punctuation": TextOperator(any_word, lambda word, draw: word + ",.;!?"[int(draw.integers(5))]),
    "abbreviation": TextOperator(lambda word: word.lower() in CLINICAL, lambda word, _draw: CLINICAL[word.lower()]),
    "upper_case": TextOperator(any_word, lambda word, _draw: word.upper()),
}
