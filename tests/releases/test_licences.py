from collections import Counter

import pytest

from m3ae.releases.licences import family
from m3ae.releases.readers.medicat import read
from m3ae.releases.record import Record
from tests.shared import SHARED, needs_releases

SPELLINGS = {
    "CC BY": "cc-by",
    "CC BY 4.0": "cc-by",
    "cc-by": "cc-by",
    "https://creativecommons.org/licenses/by/4.0/": "cc-by",
    "CC BY-SA": "cc-by-sa",
    "CC BY-ND": "cc-by-nd",
    "CC BY-NC": "cc-by-nc",
    "cc-by-nc-nd": "cc-by-nc-nd",
    "CC BY-NC-SA": "cc-by-nc-sa",
    "http://creativecommons.org/licenses/by-nc-sa/3.0/us/": "cc-by-nc-sa",
    "CC_BY_NC": "cc-by-nc",
    "CC0": "cc0",
    "cc-0": "cc0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "cc0",
    "CC": "other",
    "NO-CC CODE": "other",
    "provided by the publisher": "other",
    "CC BYE": "other",
    "cc-by-sa-nc": "other",
    "CC BY\u2013NC": "cc-by-nc",
    "CC BY\u2011NC\u2011ND": "cc-by-nc-nd",
    "CC BY-NonCommercial": "cc-by-nc",
    "CC-BY-NONCOMMERCIAL": "cc-by-nc",
    "CC BY, NC": "cc-by-nc",
    "CC BY (non-commercial)": "cc-by-nc",
    "CC BY-NoDerivatives": "cc-by-nd",
    "CC BY No Derivs": "cc-by-nd",
    "CC BY-ShareAlike 3.0 Unported": "cc-by-sa",
    "CC BY 4.0 International": "cc-by",
    "cc-by-2.0-fr": "cc-by",
    "https://creativecommons.org/licenses/by-nc/4.0/?ref=x": "cc-by-nc",
    "creativecommons.org/licenses/by/4.0/legalcode.de": "cc-by",
    "https://creativecommons.org/licenses/by/3.0/igo/legalcode": "cc-by",
    "https://creativecommons.org/licenses/by/4.0/deed.en": "cc-by",
    "https://creativecommons.org/licenses/by/4.0/?ref=x, not for profit": "other",
    "CC0 1.0": "cc0",
    "CC Zero": "cc0",
    "https://creativecommons.org/publicdomain/mark/1.0/": "other",
    "CC BY / CC BY-NC": "other",
    "not CC0": "other",
    "CC BY-NC (metadata CC0)": "other",
    "CC BY 4.0 NC": "other",
    "CC BY 4.0-ND": "other",
    "CC BY, commercial use excluded": "other",
    "CC BY-NX": "other",
    "CC BY 4.0 or": "other",
    "CC BY?": "other",
    "CC BY 4.0 or CC0": "other",
    "\u2013": "other",
    "": "unknown",
    "  ": "unknown",
}


@pytest.mark.parametrize(("published", "expected"), SPELLINGS.items())
def test_a_licence_belongs_to_its_family_however_it_is_spelt(published, expected):
    assert family(published) == expected


@needs_releases
def test_every_published_spelling_keeps_its_family():
    """ROCO's two published lists, and the licences that MedICaT names."""
    lists = (SHARED / f"annotations/roco/{split}/radiology/licences.txt" for split in ("validation", "test"))
    found = Counter(family(line.rpartition(",")[2]) for path in lists for line in path.read_text().splitlines()[1:])
    assert found == {
        "cc-by": 6824,
        "cc-by-nc-sa": 3016,
        "cc-by-nc": 2625,
        "other": 1954,
        "cc-by-nc-nd": 1887,
        "cc-by-nd": 31,
        "cc-by-sa": 12,
        "cc0": 10,
    }
    assert Counter(family(record.licence) for record in read(SHARED / "releases/medicat") if isinstance(record, Record)) == {
        "cc-by-nc": 2,
        "cc-by-nc-nd": 2,
        "unknown": 2,
    }
