"""Texts as published -> texts as stored: the same characters for the same words, and nothing invisible."""

import re
import unicodedata
from collections.abc import Sequence

SPACES = re.compile(r"\s+")
MOST_CHARACTERS = 20_000  # no caption or question is as long; what is has swallowed a file
MOST_IN_ANSWER = 1000  # characters likewise; the longest of VQA-RAD has 118


def cleaned(text: str) -> str:
    """Return the text composed (NFC), without control or invisible format characters, each run of white space folded to one blank."""
    folded = SPACES.sub(" ", unicodedata.normalize("NFC", text))
    visible = "".join(character for character in folded if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
    return SPACES.sub(" ", visible).strip()  # again: what was invisible may have stood between two blanks


def long_enough(texts: Sequence[str], min_words: int) -> tuple[list[str], bool]:
    """Return the cleaned texts of at least `min_words` words, and whether the first of `texts` (the caption) is among them.

    A text of over `MOST_CHARACTERS` characters counts as blank.
    """
    clean = ["" if len(text) > MOST_CHARACTERS else cleaned(text) for text in texts]
    kept = [text for text in clean if len(text.split()) >= min_words]
    return kept, bool(clean) and len(clean[0].split()) >= min_words
