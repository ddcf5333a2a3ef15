"""The tables of README and docs/results.md against the metrics that stand in git beside them.

Intervals and numbers of test rows are counted on predictions, which are not in git: `m3ae trace README.md` holds those.
"""

import io
import re
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from m3ae.params import Sources
from m3ae.report.inputs import Inputs
from m3ae.report.page import write_report
from m3ae.report.tables import COLUMNS

ROOT = Path(__file__).parents[2]
COMMITTED = ("README.md", "docs", "params.yaml", "scales", "data/metrics", "data/plots")
TEST_ROWS = len(COLUMNS), COLUMNS.index("Test rows")
INTERVAL = re.compile(r" \([^()]*\d(?:\u2013| to )[^()]*\)")


@pytest.fixture(scope="module")
def committed(tmp_path_factory) -> Path:
    """Return a folder of what the last commit says, whatever was run since."""
    archive = subprocess.run(["git", "archive", "--format=zip", "HEAD", *COMMITTED], cwd=ROOT, capture_output=True)
    if archive.returncode:
        pytest.skip("no git repository: there is no commit to compare with")
    folder = tmp_path_factory.mktemp("committed")
    ZipFile(io.BytesIO(archive.stdout)).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def report(committed) -> Path:
    """Return the report of the committed metrics."""
    sources = Sources.load(committed / "params.yaml")
    settings = sources.contents[sources.path] | {sources.scale_path.as_posix(): sources.scale}
    write_report(Inputs(committed / "data"), settings, committed / "report")
    return committed / "report"


def scores(markdown: str) -> list[str]:
    """Return the lines of the tables without what is counted on predictions."""
    rows = [INTERVAL.sub("", line).split(" | ") for line in markdown.splitlines() if line.startswith("|")]
    return [" | ".join(cell for place, cell in enumerate(row) if (len(row), place) != TEST_ROWS) for row in rows]


@pytest.mark.parametrize("page, table", [("README.md", "scores.md"), ("docs/results.md", "table.md")])
def test_every_line_of_the_committed_metrics_tables_stands_on_the_page(committed, report, page, table):
    shown = scores((committed / page).read_text())
    assert [line for line in scores((report / table).read_text()) if line not in shown] == []


@pytest.mark.parametrize("page", ["README.md", "docs/results.md"])
def test_the_page_says_under_which_protocol_its_scores_are(committed, page):
    protocol = Sources.load(committed / "params.yaml").value(committed / "params.yaml", "protocol")
    assert f"Protocol: `{protocol}`" in (committed / page).read_text()


def test_a_score_that_the_metrics_do_not_hold_is_found(report):
    lines = scores((report / "table.md").read_text())
    altered = [line.replace("| 76.0 |", "| 77.0 |") for line in lines]
    assert any(line not in lines for line in altered)
