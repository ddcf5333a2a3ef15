"""Texts as published -> texts as stored: the same characters for the same words, no markup, and nothing invisible."""

import html
import re
import unicodedata
from collections.abc import Sequence

from m3ae.releases.readers.ids import composed
from m3ae.words import num_words

# What the articles' files in PubMed Central (JATS) and web pages put around and between the words of a caption. Other pointed brackets
# are the author's: "p < 0.05 and > 3".
INLINES = (
    *("italic", "bold", "sup", "sub", "sc", "underline", "overline", "strike", "monospace", "roman", "sans-serif", "styled-content"),
    *("xref", "ext-link", "uri", "email", "named-content", "inline-formula", "inline-graphic"),
    *("i", "b", "u", "em", "strong", "small", "big", "tt", "span", "font", "a"),
)
BLOCKS = ("break", "title", "label", "caption", "sec", "br", "p", "div")  # elements that part words, as blanks do
END = r"(?:\s+[\w:-]+\s*=[^<>]*>|\s*/?>)"  # of a tag, with its attributes or without any
BLOCK, INLINE = (re.compile(rf"</?(?:{'|'.join(names)}){END}", re.IGNORECASE) for names in (BLOCKS, INLINES))
RAISED = re.compile(rf"<sup{END}\s*([0-9+\u2212-]{{1,9}})\s*</sup>", re.IGNORECASE)  # an exponent: without it 10<sup>5</sup> is 105
EXPONENTS = str.maketrans("0123456789+-\u2212", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b\u207b")
REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
SPACES = re.compile(r"\s+")
MOST_CHARACTERS = 20_000  # no caption or question is as long; what is has swallowed a file
MOST_IN_ANSWER = 1000  # characters likewise; the longest of VQA-RAD has 118


def cleaned(text: str) -> str:
    """Return the text without markup, composed (NFC), without control or invisible format characters.

    Each run of white space is folded to one blank.
    """
    folded = SPACES.sub(" ", composed(without_markup(text)))
    visible = "".join(character for character in folded if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
    return SPACES.sub(" ", visible).strip()  # again: what was invisible may have stood between two blanks


def without_markup(text: str) -> str:
    """Return the text with the characters that references (`&#x000b5;`) stand for, and without the tags of articles and web pages."""
    for _ in range(2):  # in some files the markup is written as references itself
        text = REFERENCE.sub(lambda found: html.unescape(found[0]), text)
    text = RAISED.sub(lambda found: found[1].translate(EXPONENTS), text)
    return INLINE.sub("", BLOCK.sub(" ", text))


def long_enough(texts: Sequence[str], min_words: int) -> tuple[list[str], bool]:
    """Return the cleaned texts of at least `min_words` words, and whether the first of `texts` (the caption) is among them.

    A text of over `MOST_CHARACTERS` characters counts as blank.
    """
    clean = ["" if len(text) > MOST_CHARACTERS else cleaned(text) for text in texts]
    kept = [text for text in clean if num_words(text) >= min_words]
    return kept, bool(clean) and num_words(clean[0]) >= min_words
