"""What a word is, in scripts that part words by blanks and in those that do not.

Chinese, Japanese, Thai, Lao, Khmer and Burmese put no blanks between words. Where their words end takes a dictionary, which nobody needs
for counting and masking: each of their characters stands for a word.
"""

import regex

# A letter or digit of such a script, with what belongs to its sound: vowel and tone marks, the bar that makes a Japanese vowel long.
CHARACTER = regex.compile(r"(?V1)[[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&[\p{L}\p{N}]][\p{M}\u30fc]*")
SAYING = regex.compile(r"(?V1)[[\p{L}\p{N}\p{M}]--\p{Variation_Selector}]")


def says_something(text: str) -> bool:
    """Return whether there is a letter, a digit or a mark of theirs in the text; punctuation, signs and pictures say nothing."""
    return bool(SAYING.search(text))


def num_words(text: str) -> int:
    """Return how many words blanks part, of which a character of a script without blanks is one of its own.

    Beside such characters punctuation stands without blanks and is no word; elsewhere what stands between two blanks is one.
    """
    rest, num_characters = CHARACTER.subn(" ", text)
    pieces = rest.split()
    return num_characters + sum(map(says_something, pieces)) if num_characters else len(pieces)
