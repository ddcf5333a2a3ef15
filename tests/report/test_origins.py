"""The links from each task's numbers to the files that they come from."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from m3ae.report.benchmark import BENCHMARK
from m3ae.report.inputs import Inputs
from m3ae.report.measured import result
from m3ae.report.origins import Places, links, of_task, of_zero_shot, stages
from m3ae.report.page import write_report

DVC = (Path(__file__).parents[2] / "dvc.yaml").read_text()


@pytest.fixture
def places(run):
    return Places(run, Path("data/pretrain"), run.data / "report")


def test_every_seed_that_was_measured_has_its_scores_predictions_and_models(asked, places):
    found = list(of_task("vqa_rad", asked, places))
    assert [link.label for link in found if "scores" in link.label] == ["scores of seed 0", "scores of seed 1"]
    assert [link.address for link in found[:5]] == [
        "../metrics/evaluate/vqa_rad-0.json",
        "../evaluate/vqa_rad-0/pretrained.parquet",
        "../evaluate/vqa_rad-0/scratch.parquet",
        "../finetune/vqa_rad-0/README.md",
        "../baseline/vqa_rad-0/README.md",
    ]
    assert len(list(of_task("roco_retrieval", asked, places))) == 5  # its second seed is missing


def test_a_task_that_was_not_measured_has_neither_files_nor_stages(run, asked, places):
    results = {entry.name: result(entry, asked, run) for entry in BENCHMARK}
    measured = {"vqa_rad", "slake", "roco_retrieval", "zero_shot"}
    assert {name for name, found in results.items() if links(found, asked, places)} == measured
    assert {name for name, found in results.items() if stages(found, asked, run)} == measured


def test_the_stages_are_those_of_dvc_yaml(run, asked):
    results = {entry.name: result(entry, asked, run) for entry in BENCHMARK}
    assert stages(results["vqa_rad"], asked, run) == [
        f"{stage}@vqa_rad-{seed}" for stage in ("finetune", "baseline", "evaluate") for seed in (0, 1)
    ]
    named = [name for found in results.values() for name in stages(found, asked, run)]
    assert {name.partition("@")[0] for name in named} <= yaml.safe_load(DVC)["stages"].keys()


class AllMeasured(Inputs):
    def metrics(self, name: str) -> dict:
        return {"found": True}


def test_every_link_leads_into_an_output_of_the_pipeline(asked):
    places = Places(AllMeasured(Path("data")), Path("data/pretrain"), Path("data/report"))
    one = replace(asked, seeds=("${item.seed}",))
    addresses = [link.address for link in (*of_zero_shot(places), *of_task("${item.task}", one, places))]
    assert all(written(f"data/{address.removeprefix('../')}") for address in addresses) and len(addresses) == 8


def written(path: str) -> bool:
    """Whether an output in dvc.yaml is this file or the folder that it lies in."""
    stages = (stage.get("do", stage) for stage in yaml.safe_load(DVC)["stages"].values())
    outputs = {
        name for stage in stages for out in (*stage["outs"], *stage.get("metrics", ())) for name in ([out] if isinstance(out, str) else out)
    }
    return bool({path, str(Path(path).parent)} & outputs)


def test_a_model_folder_elsewhere_on_the_machine_gets_no_link(run):
    assert "model" not in [link.label for link in of_zero_shot(Places(run, Path("/models/theirs"), run.data / "report"))]


def test_the_page_names_the_command_that_traces_each_task(run, params):
    write_report(run, params, run.data / "report")
    page = (run.data / "report" / "index.html").read_text()
    assert page.count("<code>m3ae trace ") == 4 and "<code>m3ae trace zero_shot</code>" in page
    assert '<a href="../evaluate/slake-1/scratch.parquet">predictions from scratch</a>' in page
