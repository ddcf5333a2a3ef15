import polars
import pytest

from m3ae.report.leaked import NUM_PAIRS, leaked_pairs
from m3ae.report.page import write_report


@pytest.fixture
def audited(run):
    """The made-up run, with an audit that found image `n` of the test split beside one of ROCO, and one inside the task."""
    row = {"pretrain_split": "train", "task": "vqa_rad", "split": "test", "kind": "same", "similarity": 0.97}
    rows = [row | {"pretrain_release": "roco", "pretrain_id": f"image{n}", "image_id": f"image{n + 1}"} for n in range(NUM_PAIRS)]
    rows[1] |= {"pretrain_release": None, "pretrain_id": "elsewhere"}
    polars.DataFrame([*rows, rows[0]]).write_parquet(run.data / "leaks.parquet")
    for folder in (run.data / "shards" / "pretrain" / "roco", run.shards("vqa_rad")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "train-00000.arrow").touch()
    return run


def test_the_first_pairs_of_the_audit_are_shown_image_beside_image(audited):
    found = leaked_pairs(audited)
    assert len(found) == NUM_PAIRS and (found[0].kind, found[0].similarity) == ("same", 0.97)
    assert (found[0].trained.where, found[0].asked.where) == ("roco, train", "vqa_rad, test")
    assert found[0].trained.picture and found[0].asked.picture and found[0].trained.picture != found[0].asked.picture


def test_a_pair_inside_a_task_names_its_training_split_and_a_missing_image_leaves_a_gap(audited):
    inside = leaked_pairs(audited)[1].trained
    assert (inside.where, inside.image_id, inside.picture) == ("vqa_rad, train", "elsewhere", "")


def test_the_page_shows_them(audited, params, tmp_path):
    write_report(audited, params, tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text()
    assert page.count("<b>same</b>, similarity 0.970") == NUM_PAIRS and 'alt="Image image0 of roco, train"' in page


def test_without_an_audit_there_are_none(run):
    assert leaked_pairs(run) == []
