"""The pages of docs/ are built strictly: a dead link or a page that no contents list names is an error."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_the_pages_are_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "docs", str(tmp_path / "html")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert not built.returncode, built.stderr
    assert (tmp_path / "html/results.html").is_file()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_page_outside_docs_leads_nowhere_that_is_not_there(page):
    dead = [link for link in LINK.findall((ROOT / page).read_text()) if not (ROOT / link).exists()]
    assert dead == []


def test_the_readme_has_at_most_150_lines():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
