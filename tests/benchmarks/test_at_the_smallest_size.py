"""Each benchmark of preparing, loading and auditing runs to its end and prints its table."""

import sys

import pytest
import torch

from benchmarks import audit, loader, prepare


@pytest.fixture
def table(monkeypatch, capsys, tmp_path):
    """Runs a benchmark's command line -> (the table's rows as lists of cells, everything that it printed)."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))  # the benchmarks set it; put back afterwards
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")  # likewise
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


def test_loading(table, monkeypatch):
    smallest = {"ROUNDS": 1, "NUM_BATCHES": 1, "MICRO_BATCH": 4, "READ_PX": 32, "STORED": (("raw", 32), ("zstd", 48))}
    for name, value in smallest.items():
        monkeypatch.setattr(loader, name, value)
    rows, _ = table(loader, "--images", "2")
    states = ["first", "later", "on the CPU"]
    assert [row[:2] for row in rows[1:]] == [[stored, state] for stored in ("raw, 32 px", "zstd, 48 px") for state in states]
    assert all(0 < float(row[2]) == float(row[3]) == float(row[4]) for row in rows[1:])


def test_auditing(table, monkeypatch):
    monkeypatch.setattr(audit, "NUM_ALIGNED", 4)
    rows, printed = table(audit, "--images", "30", "60", "--asked", "20")
    assert [row[:2] for row in rows] == [["pre-training images", "task images"], ["30", "20"], ["60", "20"]]
    assert all(float(row[2]) >= 0 and float(row[3]) > 0 for row in rows[1:])
    assert "alignments (" in printed and "a second)" in printed
