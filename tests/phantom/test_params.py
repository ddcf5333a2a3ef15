import pytest
from pydantic import ValidationError

from m3ae.phantom.params import PhantomParams


def test_an_empty_split_is_refused(small):
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        PhantomParams(**small.model_dump() | {"medicat": 0})


def test_an_unknown_release_is_refused(small):
    with pytest.raises(ValidationError, match="Extra inputs"):
        PhantomParams(**small.model_dump(), chexpert=3)
