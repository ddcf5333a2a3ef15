"""Licences as the releases spell them -> the families that `licences` in params.yaml chooses from."""

import re
from typing import Literal, get_args

Licence = Literal["cc0", "cc-by", "cc-by-sa", "cc-by-nd", "cc-by-nc", "cc-by-nc-sa", "cc-by-nc-nd", "other", "unknown"]
FAMILIES: tuple[Licence, ...] = get_args(Licence)
ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/([^?#\s]*)(?:[?#]\S*)?")
BETWEEN = re.compile(r"[\s_/,()\-\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+")
WORDS = {
    "nc": re.compile(r"non-?commercial"),
    "nd": re.compile(r"no-?deriv(?:ative)?s?(?:-works)?"),
    "sa": re.compile(r"share-?alike"),
}
VERSION = r"(?:-v?\d(?:\.\d)?(?:-(?:international|unported|igo|(?!nc|nd|sa|by|or)[a-z]{2}))?)?(?:-(?:legalcode|deed)(?:\.[a-z-]+)?)?"
ZERO = re.compile(rf"cc-?(?:0|zero){VERSION}")
ATTRIBUTION = re.compile(rf"cc-?by((?:-(?:nc|sa|nd))*){VERSION}")


def family(published: str) -> Licence:
    """Return the family of a licence given as "CC BY 4.0", "cc-by-nc-nd" or an address of creativecommons.org.

    "" is "unknown", all else "other". The whole text has to be such a name: one that says more, as "not CC0" or "CC BY / CC BY-NC",
    may allow less.
    """
    if not published.strip():
        return "unknown"
    text = BETWEEN.sub("-", ADDRESS.sub(r"cc-\1", published.lower())).strip("-")
    for short, spelling in WORDS.items():
        text = spelling.sub(short, text)
    if ZERO.fullmatch(text):
        return "cc0"
    found = ATTRIBUTION.fullmatch(text)
    name = f"cc-by{found[1]}" if found else "other"
    return name if name in FAMILIES else "other"
