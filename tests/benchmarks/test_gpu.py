"""The tables of one GPU: at toy size, on the CPU; and what becomes of a section or a row that fails."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from benchmarks import gpu, gpu_kernels
from benchmarks.gpu_resume import BEGUN, KILLED_AFTER, WARNINGS, WEIGHTS, Run, compared
from benchmarks.gpu_section import NOTE, Job, Section

ROOT = Path(__file__).parents[2]
TRIED = ("versions", "matrices", "step", "kernels", "loader", "retrieval")  # the others start processes of their own: seconds each
LATER = 3600.0


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> tuple[dict[str, list[dict]], str]:
    """(rows by section, what was printed)."""
    out = tmp_path_factory.mktemp("gpu") / "gpu.json"
    command = [sys.executable, "-m", "benchmarks.gpu", "--toy", "--minutes", "60", "--json", str(out), "--sections", *TRIED]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    sections = json.loads(out.read_text())["sections"]
    return {name: section["rows"] for name, section in sections.items()}, done.stdout


def test_every_section_prints_its_table_and_no_row_fails(toy):
    found, printed = toy
    assert list(found) == sorted(TRIED)
    assert [line for line in printed.splitlines() if line.startswith("###")] == [f"### {gpu.SECTIONS[name].title}" for name in TRIED]
    for name, rows in found.items():
        assert rows and not [row[NOTE] for row in rows if NOTE in row], name
        assert {column for row in rows for column in row} <= set(gpu.SECTIONS[name].columns), name


def test_the_step_is_measured_at_every_zero_stage_and_in_every_way(toy):
    rows = toy[0]["step"]
    assert [(row["way"], row["ZeRO"]) for row in rows] == [
        ("eager", "1"),
        ("compiled blocks", "1"),
        ("eager, any order of sums", "1"),
        ("eager", "0"),
        ("eager", "2"),
    ]
    for row in rows:
        assert 0 < row["least"] <= row["pairs/s"] <= row["most"] and row["MFU"] > 0 and 8 <= row["tokens"] <= 24
        assert row["forecast GB"] > 0 and row["peak GB"] is None  # a CPU's is not asked for
    assert rows[4]["forecast GB"] != rows[0]["forecast GB"] != rows[3]["forecast GB"]


def test_the_loader_and_the_training_that_it_feeds_are_measured(toy):
    rows = toy[0]["loader"]
    assert [row["what"] for row in rows if row["workers"] == "0"] == ["loading", "training", "training"]
    assert rows[-1]["pairs"] == "in memory" and all(row["pairs/s"] > 0 for row in rows)


def test_every_image_is_ranked_with_every_text(toy):
    assert [round(row["s"] * row["pairs/s"]) for row in toy[0]["retrieval"]] == [16, 64]


def test_operators_that_wait_for_a_number_are_counted(toy):
    counts = {row["what"]: row["a micro-batch"] for row in toy[0]["kernels"] if row["way"] == "eager"}
    assert counts["operators that read a number of the device"] > 0 and counts["kernels"] == counts["launches"] == 0


def test_a_trace_is_counted_by_micro_batch():
    kinds = [("kernel", "gemm", 500.0), ("kernel", "gemm", 300.0), ("kernel", "add", 100.0), ("gpu_memcpy", "Memcpy HtoD", 40.0)]
    calls = [
        ("cuda_runtime", "cudaLaunchKernel", 3.0),
        ("cuda_driver", "cuLaunchKernelEx", 3.0),
        ("cuda_runtime", "cudaStreamSynchronize", 9.0),
    ]
    operators = [("cpu_op", "aten::nonzero", 1.0), ("cpu_op", "aten::add", 1.0), ("python_function", "gemm", 1.0)]
    events = [{"ph": "X", "cat": cat, "name": name, "dur": dur} for cat, name, dur in kinds + calls + operators]
    rows = {row["what"]: (row["a micro-batch"], row["ms a micro-batch"]) for row in gpu_kernels.counted(events, seconds=0.01)}
    assert rows == {
        "time, not profiled": (None, 5.0),
        "kernels": (1.5, 0.45),
        "transfers and fills": (0.5, 0.02),
        "launches": (1.0, None),
        "calls of CUDA that wait": (0.5, None),
        "operators that read a number of the device": (0.5, None),
        "gemm": (1.0, 0.4),
        "add": (0.5, 0.05),
    }


def whole(_: Job):
    yield {"what": "whole", "value": 1.0}


def broken(job: Job):
    yield from whole(job)
    raise ValueError("of no use")


def killed(job: Job):
    yield from whole(job)
    os.kill(os.getpid(), signal.SIGKILL)


def endless(job: Job):
    yield from whole(job)
    time.sleep(60)


def test_a_section_that_fails_is_killed_or_takes_too_long_says_so_and_the_others_go_on(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(gpu, "ENDING", 0)
    names = ("broken", "killed", "endless", "whole")
    sections = {name: Section(name, ("what", "value"), 1, 1, f"{__name__}:{name}") for name in names}
    gpu.run(sections, True, time.time() + 8, tmp_path / "gpu.json")
    found = json.loads((tmp_path / "gpu.json").read_text())["sections"]
    assert all(found[name]["rows"][0] == {"what": "whole", "value": 1.0} for name in names)
    assert {name: [row[NOTE] for row in found[name]["rows"][1:]] for name in names} == {
        "broken": ["failed: ValueError: of no use"],
        "killed": ["failed: its process ended with -9"],
        "endless": ["ended: the section's time is up"],
        "whole": [],
    }
    assert "### whole\n\n| what | value | note |\n| :-- | --: | --: |\n| whole | 1 | – |\n" in capfd.readouterr().out


def out_of_memory():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate much")


def test_a_row_without_memory_or_time_or_that_fails_says_so():
    job = Job(toy=True, ends=time.time() + LATER)
    assert job.attempt({"a": 1}, lambda: {"b": 2}) == {"a": 1, "b": 2}
    assert job.attempt({"a": 1}, out_of_memory) == {"a": 1, NOTE: "out of memory"}
    assert job.attempt({"a": 1}, lambda: 1 / 0) == {"a": 1, NOTE: "failed: ZeroDivisionError: division by zero"}
    job.longest = 2 * LATER
    assert job.attempt({"a": 1}, lambda: {"b": 2}) == {"a": 1, NOTE: "not run: the section's time is up"}


def test_weights_are_compared_bit_by_bit(tmp_path):
    runs = []
    for name, weights in (("one", [1.0, 0.0]), ("other", [1.0, -0.0]), ("killed", [1.0, 0.5])):
        runs.append(Run(tmp_path / name, None, True))
        runs[-1].folder.mkdir()
        torch.save({"weight": torch.tensor(weights)}, runs[-1].folder / WEIGHTS)
        (runs[-1].folder / BEGUN).write_text("2")
        (runs[-1].folder / WARNINGS).write_text("")
    found = compared(*runs)
    assert (found["killed after step"], found["went on from"]) == (KILLED_AFTER, 2)
    assert (found["repeated: same bits"], found["largest difference, repeated"]) == (False, 0)
    assert (found["resumed: same bits"], found["largest difference, resumed"]) == (False, 0.5)
    assert compared(runs[0], runs[0], runs[0])["resumed: same bits"] is True


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (True, "yes"), ("eager", "eager"), (8192, "8,192"), (612.4, "612"), (0.41234, "0.412"), (-1500.0, "-1,500")],
)
def test_numbers_are_shown_to_three_digits(value, shown):
    assert gpu.cell(value) == shown
