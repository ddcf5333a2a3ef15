"""The commands of README and docs, and for each the test that runs it or why none can."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<body>.*?)^(?P=indent)```", re.DOTALL | re.MULTILINE)
PROGRAMS = "bash|cmp|cp|diff|dvc|export|git|m3ae|make|python|sbatch|source|\\.venv/bin/ruff"
COMMAND = re.compile(rf"(?:(?:{PROGRAMS}) (?! )|[A-Z0-9_]+=|\$[A-Z])")
COMMENT = re.compile(r"\s+# ")

REPRO = "tests/test_repro.py::test_repro_runs_every_stage_and_says_where_the_report_is"
ABLATED = "tests/test_repro.py::test_an_ablation_runs_pretraining_and_what_follows_from_it_and_no_preparation_and_no_baseline"
ASKED = "tests/test_cli.py::test_pairs_collections_and_pictures_are_asked_for_in_one_way"
PULLED = "tests/test_remote.py::test_a_second_clone_pulls_every_output_and_has_nothing_to_run"
PLOTTED = "tests/test_remote.py::test_the_plots_are_drawn_without_a_network"
COMPARED = "tests/test_remote.py::test_a_results_difference_is_read_without_a_complaint"
BY_HAND = "tests/test_cluster.py::test_by_hand_on_two_machines_the_results_are_those_of_one"
HOURS = "takes hours: "
REAL = "needs releases that cannot ship: "
SHELL = "a shell's own: no part of the project"
OF_DVC = "DVC's own, which shows what there is"

RUN = {  # how a command begins -> the test that runs it, or why none does; the longest beginning counts
    "make repro": REPRO,
    "make test": "is what runs this",
    "make verify": "tests/lineage/test_verify.py::test_a_run_that_left_the_commits_bytes_is_reproduced",
    "dvc repro": REPRO,
    "dvc repro phantom": "tests/stages/test_releases.py::test_releases_are_drawn_where_they_are_read_however_the_folder_is_written",
    "dvc repro --dry": BY_HAND,
    "dvc exp run -S mask_ratio": ABLATED,
    "dvc exp run -S releases": REAL + "their samples are read in tests/releases",
    "dvc exp run -S scale=paper": HOURS + "the learner of `paper` is built in tests/engine/test_paper_scale.py",
    "dvc exp run -S scale=test": REPRO,
    "dvc exp run -S scale=test -S releases": "tests/test_recipes.py::test_the_new_task_is_fine_tuned_tested_and_reported",
    "dvc exp run -S pretrained": "tests/test_repro.py::test_an_exported_and_imported_model_is_fine_tuned_with_the_same_scores",
    "dvc exp run --queue": HOURS + "DVC's queue; one of its experiments is tests/evaluate/test_revisions.py's",
    "dvc exp show": OF_DVC,
    "dvc queue start": HOURS + "DVC's queue",
    "dvc params diff": OF_DVC,
    "dvc metrics diff": COMPARED,
    "dvc metrics show": COMPARED,
    "dvc plots": PLOTTED,
    "dvc remote add": PULLED,
    "dvc push": PULLED,
    "dvc pull": PULLED,
    "dvc add": "tests/lineage/test_trace.py::test_data_that_dvc_add_tracks_are_an_origin",
    "dvc checkout": "tests/lineage/test_trace.py::test_one_altered_byte_under_the_old_time_is_named_alone_and_its_remedy_puts_it_back",
    "m3ae answer": "tests/test_cli.py::test_an_answer_says_which_model_gave_it_and_that_it_is_for_no_clinic",
    "m3ae match": ASKED,
    "m3ae search": ASKED,
    "m3ae embed": ASKED,
    "m3ae reconstruct": ASKED,
    "m3ae attend": ASKED,
    "m3ae demo": "tests/demo/test_page.py::test_an_image_is_uploaded_asked_about_and_answered",
    "m3ae releases": "tests/test_recipes.py::test_the_new_release_is_read_and_described",
    "m3ae plan": "tests/plan/test_table.py::test_the_real_learner_of_a_scale_is_planned",
    "m3ae compare": "tests/evaluate/test_comparison.py::test_an_obvious_difference_holds_and_an_equal_pair_does_not",
    "m3ae trace": "tests/test_repro.py::test_every_number_of_the_report_traces_back_to_the_releases",
    "m3ae import": "tests/authors/test_convert.py::test_import_then_export_gives_back_every_tensor_bit_for_bit",
    "m3ae export": "tests/authors/test_convert.py::test_export_then_import_gives_back_our_own_weights",
    "python benchmarks/parity.py": "tests/authors/test_golden.py::test_every_recorded_number_of_the_authors_code_is_ours",
    "python -m benchmarks.real": REAL + "its table is tests/benchmarks/test_real.py's",
    "python -m benchmarks.guesses": REAL + "its table is tests/benchmarks/test_guesses.py's",
    "python -m benchmarks.gpu": "tests/benchmarks/test_gpu.py::test_every_section_prints_its_table_and_no_row_fails",
    "python -m benchmarks.faults": "tests/benchmarks/test_faults.py::test_a_family_is_survived",
    "$PREPARE": "tests/prepare/test_partitions.py::test_shares_of_several_machines_make_the_bytes_of_one",
    'PREPARE="python -m stages.prepare': "tests/prepare/test_partitions.py::test_shares_of_several_machines_make_the_bytes_of_one",
    "sbatch": "tests/test_cluster.py::test_a_slurm_job_that_is_stopped_saves_its_step_is_queued_again_and_ends_in_the_same_results",
    "M3AE_LAUNCHER": "tests/test_cluster.py::test_the_deepspeed_launcher_leaves_the_same_results",
    "export PET_": BY_HAND,
    "export PYTHONPATH": SHELL,
    "PET_NODE_RANK": BY_HAND,
    ".venv/bin/ruff": "tests/test_linters.py::test_the_linter_finds_nothing",
    "git": SHELL,
    "source": SHELL,
    "cmp": SHELL,
    "cp": SHELL,
    "diff": SHELL,
}


class Block(NamedTuple):
    page: str
    language: str
    text: str


def blocks() -> list[Block]:
    found = [(page, match) for page in PAGES for match in FENCE.finditer(page.read_text())]
    return [Block(page.name, match["language"], match["body"]) for page, match in found]


def commands() -> list[tuple[str, str]]:
    """Return page and command, one a program that is called, without comments."""
    texts = [(block.page, block.text.replace("\\\n", " ")) for block in blocks() if block.language in ("", "bash")]
    lines = [(page, line.strip()) for page, text in texts for line in text.splitlines()]
    return [(page, part.strip()) for page, line in lines if COMMAND.match(line) for part in calls(line) if part.strip()]


def calls(line: str) -> list[str]:
    """Return the commands of a line: up to its comment, parted at `;` and `&&`."""
    return re.split(r" && |; ", COMMENT.split(line, maxsplit=1)[0])


def beginning(command: str) -> str:
    """Return the entry of `RUN` that the command belongs to, empty where there is none."""
    return max((start for start in RUN if command.startswith(start)), key=len, default="")
