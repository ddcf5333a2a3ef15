"""What docs/troubleshooting.md quotes is what the code says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/troubleshooting.md").read_text()
QUOTED = re.findall(r"^\| `([^`]+)`", PAGE, re.MULTILINE)
OF_DVC = ("Some of the cache files do not exist neither locally nor on remote", "dvc status", "m3ae verify")
CODE = "".join(path.read_text() for room in ("m3ae", "stages") for path in sorted((ROOT / room).rglob("*.py")))


@pytest.mark.parametrize("message", [message for message in QUOTED if message not in OF_DVC])
def test_a_message_stands_in_the_code(message):
    assert message in CODE


def test_every_table_has_messages():
    assert len(QUOTED) >= 16
