from pathlib import Path

from m3ae.digest import digest_of
from m3ae.state_folder import root


def test_a_changed_parameter_or_data_byte_is_another_run(tmp_path):
    data = tmp_path / "manifest.json"
    data.write_text("one")
    digests = {digest_of({"mask_ratio": 0.75}, [data]), digest_of({"mask_ratio": 0.5}, [data])}
    data.write_text("two")
    digests.add(digest_of({"mask_ratio": 0.75}, [data]))
    assert len(digests) == 3


def test_the_same_run_has_the_same_name(tmp_path):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text("a")
    second.write_text("b")
    assert digest_of({"x": 1, "y": 2}, [first, second]) == digest_of({"y": 2, "x": 1}, [second, first])


def test_the_state_lies_in_the_main_repository_in_queued_runs_too(monkeypatch):
    monkeypatch.setenv("DVC_ROOT", "/somewhere")
    assert root() == Path("/somewhere/.state")
