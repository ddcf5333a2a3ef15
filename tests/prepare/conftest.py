"""Unfinished partitions of the tests stay out of the project."""

import pytest


@pytest.fixture(autouse=True)
def state_root(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "root"))
    return tmp_path / "root" / ".state" / "prepare"
