"""Licences as the releases spell them -> the families that `licenses` in params.yaml chooses from."""

import re
from typing import Literal, get_args

Licence = Literal["cc0", "cc-by", "cc-by-sa", "cc-by-nd", "cc-by-nc", "cc-by-nc-sa", "cc-by-nc-nd", "other", "unknown"]
FAMILIES: tuple[Licence, ...] = get_args(Licence)
BETWEEN = re.compile(r"[\s_/]+")
ZERO = re.compile(r"cc-?0|(publicdomain|licenses)-zero")
ATTRIBUTION = re.compile(r"(?:cc-?|licenses-)by((?:-(?:nc|sa|nd))*)(?![a-z])")


def family(published: str) -> Licence:
    """As "CC BY 4.0", "cc-by-nc-nd" and addresses of creativecommons.org by their family; "" is "unknown", all else "other"."""
    text = BETWEEN.sub("-", published.strip().lower())
    if not text:
        return "unknown"
    if ZERO.search(text):
        return "cc0"
    found = ATTRIBUTION.search(text)
    name = f"cc-by{found[1]}" if found else "other"
    return name if name in FAMILIES else "other"
