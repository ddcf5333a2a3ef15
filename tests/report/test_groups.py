import json
from dataclasses import replace

import pytest

from m3ae.report.benchmark import BENCHMARK
from m3ae.report.groups import NUM_GROUPS, OTHER, grouped
from m3ae.report.measured import result


@pytest.fixture
def groups(run, asked, tmp_path):
    """The made-up run's blocks by (category, score), of questions that a release tells apart as `kind` says."""

    def of(name, kind=lambda number: "even" if number % 2 == 0 else "odd"):
        folder = tmp_path / "releases" / "vqa_rad"
        folder.mkdir(parents=True)
        (folder / "testset.json").write_text(json.dumps([{"qid": f"q{number}", "question_type": kind(number)} for number in range(20)]))
        elsewhere = replace(asked, releases=str(tmp_path / "releases"))
        entry = next(entry for entry in BENCHMARK if entry.name == name)
        return {(block.category, block.score): block.groups for block in grouped(result(entry, elsewhere, run), elsewhere, run)}

    return of


def test_each_group_has_both_models_scores_and_a_paired_gain(groups):
    even, odd = groups("vqa_rad")["Kind of question", "overall"]
    assert (even.name, even.num_rows, odd.name, odd.num_rows) == ("even", 10, "odd", 10)
    # right are, from pre-training, the rows not divisible by 3, and from scratch the odd ones
    assert even.pretrained == 60 and even.scratch == 0 and even.gain == 60 and even.gain_interval.low > 0
    assert odd.pretrained == 70 and odd.scratch == 100 and odd.interval.low < 70 < odd.interval.high


def test_the_largest_groups_come_first_and_the_smallest_stand_together(groups):
    blocks = groups("vqa_rad", lambda number: "many" if number < 5 else f"kind {number}")
    found = blocks["Kind of question", "overall"]
    assert found[0].name == "many" and found[-1].name == OTHER and len(found) == NUM_GROUPS + 1
    assert sum(group.num_rows for group in found) == 20


def test_one_group_alone_is_no_news(groups):
    assert groups("vqa_rad", lambda number: "same") == {}


def test_a_release_that_tells_nothing_has_no_groups(groups):
    assert groups("slake") == {}
