from typing import Annotated, ClassVar

import pytest
from pydantic import Field

from m3ae.params import SCALE, TASK, ParamsError, Section, StageParams, load


class Sizes(Section):
    places: ClassVar = ("sizes", f"{SCALE}sizes")
    width: Annotated[int, Field(ge=8, le=64)]
    depth: int


class Recipe(Section):
    places: ClassVar = (f"{SCALE}recipes.{TASK}",)
    rate: float


class Stage(StageParams):
    mask_ratio: Annotated[float, Field(gt=0, lt=1)]
    sizes: Sizes


class TaskStage(StageParams):
    recipe: Recipe


class Wider(Recipe):
    others: int


def write(folder, mask_ratio="0.5", sizes="{width: 16}", recipe="{rate: 5e-6}"):
    (folder / "scales").mkdir(exist_ok=True)
    (folder / "scales/demo.yaml").write_text(f"sizes: {sizes}\nrecipes: {{vqa: {recipe}}}\n")
    path = folder / "params.yaml"
    path.write_text(f"mask_ratio: {mask_ratio}\nscale: demo\nsizes: {{depth: 2}}\n")
    return path


def test_a_stage_reads_the_top_level_and_the_blocks_of_both_files(tmp_path):
    params = Stage.read(write(tmp_path))
    assert (params.mask_ratio, params.sizes.width, params.sizes.depth) == (0.5, 16, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a\n", "holds no parameters"),
        ("a: [\n", "holds no parameters"),
        ("5\n", "holds no parameters"),
        ("a: 1\nb: {c: 2,\n    c: 3}\n", "line 3: c is there twice; leave one"),
    ],
)
def test_a_file_that_is_no_mapping_or_says_a_thing_twice_is_refused(tmp_path, content, message):
    (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(ParamsError, match=message):
        load(tmp_path / "params.yaml")


def test_the_environment_is_no_source(tmp_path, monkeypatch):
    monkeypatch.setenv("MASK_RATIO", "0.9")
    assert Stage.read(write(tmp_path)).mask_ratio == 0.5


def test_a_number_that_yaml_takes_for_a_text_is_still_a_number(tmp_path):
    assert TaskStage.read(write(tmp_path), task="vqa").recipe.rate == 5e-6


def test_a_kind_of_task_may_read_more_than_the_others(tmp_path):
    path = write(tmp_path, recipe="{rate: 0.1, others: 3}")
    assert TaskStage.read(path, task="vqa", recipe=Wider).recipe.others == 3
    with pytest.raises(ParamsError, match=r"demo.yaml: recipes.vqa.others is not a parameter; known here: rate"):
        TaskStage.read(path, task="vqa")


def test_keys_are_what_dvc_has_to_watch():
    assert Stage.keys() == {"mask_ratio", "sizes", "scales/${scale}.yaml:sizes"}
    assert TaskStage.keys() == {"scales/${scale}.yaml:recipes.${item.task}"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"mask_ratio": "1.5"}, r"params.yaml: mask_ratio = 1.5: .*\(allowed: > 0 and < 1\)"),
        ({"sizes": "{width: 4}"}, r"scales/demo.yaml: sizes.width = 4: .*\(allowed: >= 8 and <= 64\)"),
        (
            {"sizes": "{width: 8, widht: 2}"},
            r"scales/demo.yaml: sizes.widht is not a parameter; did you mean width\?; known here: depth, width",
        ),
        ({"sizes": "{}"}, r"^width is missing; its line stands in params.yaml: sizes or .*scales/demo.yaml: sizes$"),
        ({"sizes": "{width: 8, depth: 3}"}, r"scales/demo.yaml: sizes.depth stands in .*params.yaml: sizes too; leave one of the two"),
        ({"sizes": "3"}, r"scales/demo.yaml: sizes = 3: a block of parameters expected"),
        ({"mask_ratio": "much"}, r"params.yaml: mask_ratio = 'much'"),
    ],
)
def test_a_wrong_value_is_named_with_file_key_and_range(tmp_path, content, message):
    with pytest.raises(ParamsError, match=message):
        Stage.read(write(tmp_path, **content))


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(ParamsError, match="no such file"):
        Stage.read(tmp_path / "params.yaml")
