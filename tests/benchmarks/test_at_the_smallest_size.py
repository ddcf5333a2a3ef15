"""Each benchmark of preparing, loading and auditing runs to its end and prints its table."""

import sys

import pytest
import torch

from benchmarks import audit, loader, prepare


@pytest.fixture
def table(monkeypatch, capsys, tmp_path):
    """Runs a benchmark's command line -> (the table's rows as lists of cells, everything that it printed)."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))  # the benchmarks set it; put back afterwards
    threads = torch.get_num_threads()

    def run(benchmark, *arguments: str) -> tuple[list[list[str]], str]:
        monkeypatch.setattr(sys, "argv", [benchmark.__name__, *arguments])
        benchmark.main()
        printed = capsys.readouterr().out
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines() if line.startswith("|")]
        return lines[:1] + lines[2:], printed

    yield run
    torch.set_num_threads(threads)


def test_preparing(table, monkeypatch):
    monkeypatch.setattr(prepare, "NUM_DIFFERENT", 2)
    rows, printed = table(prepare, "--images", "3")
    assert rows[0] == ["images", "images/s a core", "peak MiB", "decoding", "resizing", "encoding", "together"]
    assert len(rows) == 2 and rows[1][0] == "3" and float(rows[1][1]) > 0 and float(rows[1][2]) > 0
    assert sum(int(share.rstrip("%")) for share in rows[1][3:6]) == pytest.approx(int(rows[1][6].rstrip("%")), abs=2)
    assert "at most 2 of the images are different files; the others are hard links to them" in printed


def test_loading(table):
    rows, _ = table(loader, "--images", "2", "--read-px", "32")
    forms = [
        "original files",
        "raw, stored at 32 px",
        "png, stored at 32 px",
        "jpeg, stored at 32 px",
        "raw, stored at 384 px",
        "png, stored at 384 px",
    ]
    assert [row[1] for row in rows[1:]] == 2 * forms and {row[2] for row in rows[1:]} == {"32"}
    for row in rows[1:]:
        assert float(row[3]) > 0 and float(row[4]) > 0 and int(row[5]) > 0
        assert row[6] == "" if row[1] == "original files" else (row[6] == "0.00, 0") == (not row[1].startswith("jpeg"))


def test_auditing(table, monkeypatch):
    monkeypatch.setattr(audit, "NUM_ALIGNED", 4)
    rows, printed = table(audit, "--images", "30", "60", "--asked", "20")
    assert [row[:2] for row in rows] == [["pre-training images", "task images"], ["30", "20"], ["60", "20"]]
    assert all(float(row[2]) >= 0 and float(row[3]) > 0 for row in rows[1:])
    assert "alignments (" in printed and "a second)" in printed
