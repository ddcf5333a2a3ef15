"""What a metric file of robustness holds, against what its tables of predictions give when they are counted again."""

from types import SimpleNamespace

import polars as pl
import pytest

from m3ae.disk.json import write_json
from m3ae.evaluate.kinds import EVALUATIONS
from m3ae.evaluate.robustness import figures_of, write_tables
from m3ae.lineage.cross_checks import STARTS, cross_checks
from m3ae.perturb.grid import Condition

NOISE = Condition("gaussian_noise", 3)


class Out(SimpleNamespace):
    def __str__(self) -> str:
        return self.path


def table(num_right: int) -> pl.DataFrame:
    right = [float(number < num_right) for number in range(10)]
    ids = [str(number) for number in range(10)]
    return pl.DataFrame({"id": ids, "image_id": ids, "answer_kind": "open", "prediction": list(map(str, right)), "score": right})


@pytest.fixture
def stage(tmp_path):
    folder, metrics = tmp_path / "robustness", tmp_path / "robustness.json"
    runs = [{None: table(8), NOISE: table(5 + seed)} for seed in (0, 1)]
    for seed, run in enumerate(runs):
        for start in STARTS:
            write_tables(run, folder / f"vqa_rad-{seed}" / f"{start}.parquet")
    write_json(metrics, {"vqa_rad": {"synthetic": True, **dict.fromkeys(STARTS, figures_of(EVALUATIONS["answer"], runs))}})
    outs = [Out(path=str(folder), metric=False, use_cache=True), Out(path=str(metrics), metric=True, use_cache=False)]
    return SimpleNamespace(addressing="robustness", outs=outs, folder=folder)


def differing(stage) -> list[str]:
    return [item.name.rpartition(", ")[2] for item in cross_checks(stage, ()) if item.differs]


def test_the_figures_are_those_of_the_tables_and_an_altered_prediction_is_noticed(stage):
    assert differing(stage) == []
    write_tables({None: table(8), NOISE: table(4)}, stage.folder / "vqa_rad-1" / "scratch.parquet")
    assert differing(stage) == ["scratch"]
