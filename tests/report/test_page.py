import json
import re

import pytest

from m3ae.report.page import write_report
from m3ae.report.tables import SYNTHETIC


@pytest.fixture
def page(run, params, tmp_path):
    write_report(run, params, run.data / "report")
    return (run.data / "report" / "index.html").read_text()


def test_the_page_needs_nothing_but_itself_and_shows_the_run_record_that_lies_beside_it(page):
    sources = re.findall(r'(?:src|srcset|poster|data)="([^"]*)"', page)
    assert [source for source in sources if not source.startswith("data:image/png;base64,")] == ["../live/run.html"]
    assert "did not come with it" in page.partition("../live/run.html")[2].partition("</object>")[0]  # shown where it is not there
    links = {link for link in re.findall(r'href="([^"]*)"', page) if not link.startswith(("#", "data:"))}
    assert {link for link in links if not link.startswith("../")} == {"https://arxiv.org/abs/2209.07098"}
    assert not re.search(r"<script|@import|url\(", page)


def test_synthetic_data_are_announced_at_the_top_and_above_the_benchmark(page, run):
    assert page.count(SYNTHETIC) == 2
    assert (run.data / "report" / "table.md").read_text().startswith(f"**{SYNTHETIC}")


def test_real_data_get_no_banner(run, params, tmp_path):
    for path in (run.data / "metrics").rglob("*.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"synthetic": False}))
    write_report(run, params, tmp_path / "report")
    assert "SYNTHETIC" not in (tmp_path / "report" / "index.html").read_text()


def test_equal_inputs_give_equal_bytes(run, params, tmp_path):
    for folder in ("first", "second"):
        write_report(run, params, tmp_path / folder)
    first, second = ({path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()} for folder in ("first", "second"))
    curves = [f"loss_{name}.png" for name in ("itm", "mim", "mlm", "total")]
    assert first == second and sorted(first) == ["index.html", *curves, "scores.md", "table.md"]


def test_absent_releases_and_tasks_are_named(page):
    assert "release vqa_med_2019 not found under data/releases" in page
    assert "not run: not among the tasks of params.yaml" in page
    assert "seed 1: no metric file" in page


def test_text_from_the_data_is_escaped(page):
    assert "&lt;b&gt;large&lt;/b&gt;" in page and "<b>large</b>" not in page


def test_every_note_that_is_referred_to_stands_below(page):
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets and all(f'id="{target}"' in page for target in targets)


def test_the_settings_and_the_way_to_the_digests_are_shown(page):
    assert "<dt>mask_ratio</dt><dd>0.75</dd>" in page and "<dt>drop_leaks</dt><dd>false</dd>" in page
    assert "<dd>[roco, medicat]</dd>" in page and "dvc.lock" in page
    assert "<dt>objectives.mlm</dt><dd>1.0</dd>" in page and "<dt>scales/demo.yaml.phantom.roco.train</dt><dd>24</dd>" in page


def test_nothing_measured_still_makes_a_page_that_says_so(nothing, params, tmp_path):
    assert write_report(nothing, params, tmp_path / "report") == {"protocol": "strict"}
    page = (tmp_path / "report" / "index.html").read_text()
    assert page.count('<b class="none">not measured</b>') == 4 and "No picture of reconstructions was written." in page
    assert "not audited: no metric file" in page
