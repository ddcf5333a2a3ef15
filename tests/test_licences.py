import pytest

from m3ae.licences import family

SPELLINGS = {
    "CC BY": "cc-by", "CC BY 4.0": "cc-by", "cc-by": "cc-by", "https://creativecommons.org/licenses/by/4.0/": "cc-by",
    "CC BY-SA": "cc-by-sa", "CC BY-ND": "cc-by-nd", "CC BY-NC": "cc-by-nc", "cc-by-nc-nd": "cc-by-nc-nd", "CC BY-NC-SA": "cc-by-nc-sa",
    "http://creativecommons.org/licenses/by-nc-sa/3.0/us/": "cc-by-nc-sa", "CC_BY_NC": "cc-by-nc",
    "CC0": "cc0", "cc-0": "cc0", "https://creativecommons.org/publicdomain/zero/1.0/": "cc0",
    "CC": "other", "NO-CC CODE": "other", "provided by the publisher": "other", "CC BYE": "other", "cc-by-sa-nc": "other",
    "": "unknown", "  ": "unknown",
}  # fmt: skip


@pytest.mark.parametrize(("published", "expected"), SPELLINGS.items())
def test_a_licence_belongs_to_its_family_however_it_is_spelt(published, expected):
    assert family(published) == expected
