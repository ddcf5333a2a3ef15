import json
import re

import pytest

from m3ae.report.page import write_report
from m3ae.report.tables import SYNTHETIC

LOSSES = [f"loss_{name}.svg" for name in ("total", "mlm", "mim", "itm")]
FILES = ["index.html", "table.md", "scores.md", *LOSSES]


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
    assert not re.search(r"<script|@import|url\([^#]", page)


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
    assert first == second and sorted(first) == sorted(FILES)


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
    assert page.count('<b class="none">not measured</b>') == 4 and "not drawn: no file of them" in page
    assert "not audited: no metric file" in page


def test_every_picture_has_an_alternative_text_of_its_own(page):
    pictures = re.findall(r"<(?:img|svg)\b[^>]*>", page)
    told = [re.search(r'(?:alt|aria-label)="([^"]+)"', picture) for picture in pictures]
    assert len(pictures) > 20 and all(told)
    assert all(' role="img"' in picture for picture in pictures if picture.startswith("<svg"))


def test_no_two_parts_of_the_page_have_the_same_id(page):
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) and {"benchmark", "task-vqa_rad", "leaks"} <= set(ids)


def test_the_contents_name_every_section_and_every_task(page):
    contents = page.partition('<nav class="contents"')[2].partition("</nav>")[0]
    assert re.findall(r'href="#([^"]+)"', contents) == re.findall(r'<section id="([^"]+)"', page)


def test_every_score_leads_to_its_tasks_files_examples_and_stages(page):
    benchmark = page.partition('<section id="benchmark">')[2].partition("</section>")[0]
    assert len(re.findall(r'<a class="ours" href="#task-vqa_rad">', benchmark)) == 3
    task = page.partition('<section id="task-vqa_rad">')[2].partition("</section>")[0]
    assert "../evaluate/vqa_rad-0/pretrained.parquet" in task and "<code>evaluate@vqa_rad-0</code>" in task
    assert "Most confident and right" in task and 'href="#run"' in task


def test_attention_is_drawn_over_one_copy_of_the_image(page):
    task = page.partition('<section id="task-vqa_rad">')[2].partition("</section>")[0]
    assert task.count('<image id="seen-vqa_rad-1"') == 1 and task.count('<use href="#seen-vqa_rad-1"/>') == 2
    assert 'aria-label="Attention of “side”: most at the lower right"' in task and "seen-slake" not in page


def test_reconstructions_have_their_ratio_and_scores_beside_them(page):
    rows = page.partition('<div class="strips">')[2].partition("</div>")[0]
    assert rows.count("<figure>") == 3 and "<b>75% masked</b>" in rows and "<span>MSE 0.687</span><span>SSIM 0.441</span>" in rows


def test_what_stands_between_backticks_is_set_as_code(page):
    assert "`" not in page.partition("</style>")[2] and "<code>melinda_label</code>" in page


def test_the_figures_colours_are_the_themes(page):
    drawn = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    bare = set(re.findall(r"(?<!, )#[0-9a-f]{6}\b", drawn)) - {"#ffffff", "#000000"}
    assert "var(--accent, " in drawn and not bare


def test_wide_tables_say_each_cells_column_where_the_screen_is_narrow(page):
    stacked = re.findall(r'<table class="(?:plain )?stack">.*?</table>', page, re.DOTALL)
    cells = [
        cell
        for table in stacked
        for row in re.findall(r"<tr(?: class=\"score\")?><td.*?</tr>", table)
        for cell in re.findall(r"<td[^>]*>", row)[1:]
    ]
    assert len(stacked) >= 6 and all("data-label=" in cell or "colspan=" in cell for cell in cells)
