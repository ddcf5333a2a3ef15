"""What lies beside the checkout, where it does; tests that need it skip where it does not."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1] / ".." / "shared"
GOLDEN = SHARED / "golden" / "golden"
needs_releases = pytest.mark.skipif(not (SHARED / "releases").is_dir(), reason="the real releases are not beside this checkout")
needs_real = pytest.mark.skipif(not (SHARED / "real").is_dir(), reason="the large real set is not beside this checkout")
needs_golden = pytest.mark.skipif(not GOLDEN.with_suffix(".json").is_file(), reason="the authors' numbers are not beside this checkout")
