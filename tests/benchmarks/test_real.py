"""The real runs' metrics -> their table and figure."""

import pytest

from benchmarks.real import gains, markdown, name, portable, settings, write
from m3ae.disk.json import write_json


def scores(gain: float) -> dict:
    return {"pretrained": 50.0 + gain, "scratch": 50.0, "gain": gain, "gain_interval": {"low": gain - 2, "high": gain + 2}}


@pytest.fixture
def out(tmp_path):
    task = scores(1.5) | {"validation": scores(-0.5)}
    write_json(tmp_path / name("roco") / "report.json", {"tasks": {"vqa_med_2019": task}})
    write_json(tmp_path / name("roco") / "controls.json", {"vqa_med_2019": {"question_only": {"overall": 41.0}}})
    return tmp_path


def test_validation_and_test_have_a_line_each_and_controls_stand_beside_test(out):
    write(out)
    lines = (out / "table.md").read_text().splitlines()[2:]
    assert lines == [
        "| roco | VQA-Med-2019 (modality, plane, organ) | validation | 50.0 | 49.5 | -0.5 (-2.5 to +1.5) | – | – | – | – |",
        "| roco | VQA-Med-2019 (modality, plane, organ) | test | 50.0 | 51.5 | +1.5 (-0.5 to +3.5) | 41.0 | – | – | – |",
    ]
    assert (out / "real.png").stat().st_size > 5000


def test_an_arm_that_has_not_run_has_no_line(out):
    assert gains("roco and own", out) == [] and len(gains("roco", out)) == 2
    assert len(markdown([], {}).splitlines()) == 2


def test_every_run_fine_tunes_with_three_seeds_and_leaves_leaks_out(tmp_path):
    assert {"seeds=[0,1,2]", "drop_leaks=true", "scale=small", f"releases={tmp_path}"} <= set(settings(tmp_path))


def test_a_kept_lock_names_no_folder_of_the_machine_that_ran():
    lock = b"    params:\n        releases: %s\n    deps:\n    - path: %s\n    - path: data/releases\n"
    assert portable(lock % (b"/a/b c", b"/a/b c")) == lock % (b"releases", b"releases")
