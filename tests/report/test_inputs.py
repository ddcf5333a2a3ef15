import re
from pathlib import Path

import pytest

from m3ae.evaluate.stage import EvaluatePaths
from m3ae.report.inputs import Inputs

DVC = (Path(__file__).parents[2] / "dvc.yaml").read_text()
DATA = Inputs(Path("data"))


@pytest.mark.parametrize(
    "place",
    [
        DATA.predictions("${item.task}", "${item.seed}").parent,
        DATA.zero_shot_predictions().parent,
        DATA.shards("${item.task}"),
        *(DATA.plot(name) for name in ("pretrain.csv", "validation.csv", "reconstructions.png", "leaks.png")),
    ],
)
def test_the_report_looks_in_places_that_the_pipeline_names(place):
    assert re.search(rf"[\s\[\"]{re.escape(str(place))}[\s\]\":,]", DVC)


def test_predictions_are_those_of_the_model_that_started_from_pretraining_unless_scratch_is_asked_for():
    models = EvaluatePaths(*map(Path, EvaluatePaths._fields)).models()
    assert models[DATA.predictions("vqa_rad", 0).stem] == Path("finetuned")
    assert models[DATA.predictions("vqa_rad", 0, "scratch").stem] == Path("baseline")
