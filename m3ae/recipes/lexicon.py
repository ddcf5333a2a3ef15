"""Which words of a text name something that an image may show: the terms of a list, or of one that is mined from captions.

It takes the place of the named-entity recognition that the paper uses, and of UMLS or RadLex, which cannot ship with this project.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from math import log
from pathlib import Path

Term = tuple[str, ...]  # its words in lower case

WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
LONGEST = 3  # words of a mined term
LEAST_TEXTS = 2  # that have a mined term
FUNCTION_WORDS = """
a about above after again all also although an and another any are as at be because been before being below between both but by can could
did do does during each either few for from further had has have having he her here him his how however i if in into is it its just may
might more most my neither no nor not of off on once only or other our out over own per same she should since so some such than that the
their them then there these they this those through thus to too under until up upon very via was we were what when where whereas whether
which while who whom whose why will with within without would you your
"""
NO_TERMS = frozenset(FUNCTION_WORDS.split())


class Lexicon:
    """Finds terms in texts: whole words in any case, the longest term first."""

    def __init__(self, terms: Iterable[Term]):
        self.terms = frozenset(terms)
        self.longest = max(map(len, self.terms), default=0)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the terms stand: the first character of each, and the first after it; none overlaps another."""
        words = list(WORD.finditer(text))
        spans, place = [], 0
        while place < len(words):
            length = self.length_at(words, place)
            if length:
                spans.append((words[place].start(), words[place + length - 1].end()))
            place += max(1, length)
        return spans

    def length_at(self, words: list[re.Match[str]], place: int) -> int:
        """Return how many words the longest term has that begins with this one; 0: none does."""
        here = tuple(word[0].lower() for word in words[place : place + self.longest])
        return next((length for length in range(len(here), 0, -1) if here[:length] in self.terms), 0)


def read_terms(path: Path) -> list[Term]:
    """Return a user's terms, one a line. Raises SystemExit, with the remedy, where there is none."""
    remedy = "give recipes.xlip.entities.lexicon a text file with one term a line, or 'mined'"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"{path}: cannot be read ({error}); {remedy}") from None
    terms = [term for line in lines if (term := words_of(line))]
    if not terms:
        raise SystemExit(f"{path}: holds no term; {remedy}")
    return terms


def mined_terms(texts: Iterable[str], most_terms: int) -> list[Term]:
    """Return the terms that tell texts apart best, by (texts that have it) x log(1 / their share): a function of the texts alone.

    A term is a run of up to three words, no function word and no number among them.
    """
    counts: Counter[Term] = Counter()
    num_texts = 0
    for text in texts:
        counts.update(set(candidates(text)))
        num_texts += 1
    worth = {term: count * log(num_texts / count) for term, count in counts.items() if LEAST_TEXTS <= count < num_texts}
    return sorted(worth, key=lambda term: (-worth[term], term))[:most_terms]


def candidates(text: str) -> Iterator[Term]:
    """Yield each run of words with nothing but blanks between them."""
    for run in re.split(r"[^\w\s'’-]+", text):
        words = words_of(run)
        for start in range(len(words)):
            for term in (words[start:end] for end in range(start + 1, min(start + LONGEST, len(words)) + 1)):
                if all(may_belong(word) for word in term):
                    yield term


def may_belong(word: str) -> bool:
    return len(word) > 1 and word not in NO_TERMS and not word[0].isdigit()


def words_of(text: str) -> Term:
    return tuple(word.lower() for word in WORD.findall(text))
