"""The stage's parts together, in one process: prepared shards and saved models in, metrics and predictions out."""

import json

import polars
import pytest
import torch
import torch.distributed as dist

from m3ae.disk.folders import new_folder
from m3ae.disk.json import write_json
from m3ae.evaluate.stage import EvaluatePaths, run
from m3ae.evaluate.zero_shot import zero_shot
from m3ae.model.folder import save_model
from m3ae.objectives.build import pretraining_learner
from m3ae.objectives.saved import saved_learner
from m3ae.shards.format import ANSWERS, Header, Row
from m3ae.shards.pixels import encoded
from m3ae.shards.write import ShardWriter, write_absent
from tests import tiny
from tests.evaluate.conftest import TEXTS, Split

HEADER = Header("vqa_rad", synthetic=True, encoding="raw", image_px=32, rows_per_shard=100)


@pytest.fixture(autouse=True)
def alone():
    """A run of one process."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.fixture
def paths(tmp_path):
    return EvaluatePaths(*(tmp_path / name for name in ("shards", "finetuned", "baseline", "out")), tmp_path / "metrics" / "vqa_rad-3.json")


def write_shards(folder, answers=(), **splits):
    with new_folder(folder) as partial, ShardWriter(partial, HEADER) as shards:
        if answers:
            write_json(partial / ANSWERS, answers)
        for name, split in splits.items():
            for number in range(len(split)):
                row, pixels = split.row(number), split.pixels(number)
                shards.write(Row(*row.values(), "CC0", True, encoded(pixels, "raw"), *pixels.shape, bytes(64), name))


def save(folder, config, weights, tokenizer):
    tokenizer.fast.save_pretrained(folder.parent / "tokenizer")
    save_model(folder, config, weights, folder.parent / "tokenizer", "")


@pytest.fixture
def save_answering(sizes, tokenizer):
    """Write a model that gives one of two answers whatever it is asked."""

    def of(folder, answer):
        config = sizes.model_copy(update={"method": None, "objectives": ("answer",), "num_labels": 2})
        learner = saved_learner(config)
        with torch.no_grad():
            learner.objectives["answer"].head[-1].bias.copy_(torch.nn.functional.one_hot(torch.tensor(answer), 2) * 20 - 10)
        save(folder, config, learner.state_dict(), tokenizer)

    return of


def test_of_a_release_that_was_not_found_the_metrics_say_so_and_nothing_is_tested(paths):
    write_absent(paths.shards, "vqa_rad")
    run("vqa_rad", 3, paths)
    assert json.loads(paths.metrics.read_text()) == {"found": False, "task": "vqa_rad", "seed": 3}
    assert [path.name for path in paths.out.iterdir()] == ["absent.json"]


def test_both_models_are_scored_beside_the_majority_answer(paths, save_answering):
    train = Split("abc", [["yes"], ["no"], ["no"]], ["closed"] * 3)
    test = Split("abcd", [["yes"], ["yes"], ["yes"], ["no"]], ["open", "closed", "closed", "closed"])
    validation = Split("ab", [["no"], ["no"]], ["closed"] * 2)
    write_shards(paths.shards, ["yes", "no"], train=train, validation=validation, test=test)
    save_answering(paths.finetuned, 0)
    save_answering(paths.baseline, 1)
    run("vqa_rad", 3, paths)
    all_no = {"overall": 25.0, "open": 0.0, "closed": 33.333333}
    assert json.loads(paths.metrics.read_text()) == {
        "found": True,
        "synthetic": True,
        "task": "vqa_rad",
        "seed": 3,
        "test_rows": 4,
        "answers": 2,
        "pretrained": {"overall": 75.0, "open": 100.0, "closed": 66.666667},
        "scratch": all_no,
        "majority": all_no,
        "validation": {"pretrained": {"overall": 0.0, "closed": 0.0}, "scratch": {"overall": 100.0, "closed": 100.0}},
    }
    given = {name: polars.read_parquet(paths.out / f"{name}.parquet")["prediction"].to_list() for name in ("pretrained", "scratch")}
    assert given == {"pretrained": ["yes"] * 4, "scratch": ["no"] * 4}
    assert len(polars.read_parquet(paths.out / "scratch-validation.parquet")) == 2


def test_zero_shot_recalls_are_counted_from_the_predictions_that_are_written(tmp_path, sizes, tokenizer):
    write_shards(tmp_path / "shards", test=Split())
    save(tmp_path / "model", sizes, pretraining_learner(sizes, tiny.ALL_ON, seed=0).state_dict(), tokenizer)
    figures = zero_shot(tmp_path / "shards", tmp_path / "model", tmp_path / "out", text_tokens=8)
    table = polars.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert (figures["pairs"], figures["distinct_texts"], table["truth"].to_list()) == (7, 6, list(TEXTS))
    for way, ranks in (("image_to_text", "rank_of_image_text"), ("text_to_image", "rank_of_text_image")):
        assert figures[way]["r5"] == pytest.approx(100 * (table[ranks] < 5).mean())
    assert figures["chance"]["text_to_image"]["r1"] == pytest.approx(100 * (5 * 1 / 7 + 2 * 2 / 7) / 7)


@pytest.mark.parametrize("reason", ["the release was not found", "the model has no matching head", "the test split has no pairs"])
def test_without_zero_shot_recalls_the_reason_is_given(tmp_path, sizes, tokenizer, reason):
    if "release" in reason:
        write_absent(tmp_path / "shards", "roco")
    elif "pairs" in reason:
        write_shards(tmp_path / "shards", train=Split())
    else:
        write_shards(tmp_path / "shards", test=Split())
        sizes = sizes.model_copy(update={"objectives": ("mlm",)})
    save(tmp_path / "model", sizes, {}, tokenizer)
    figures = zero_shot(tmp_path / "shards", tmp_path / "model", tmp_path / "out", text_tokens=8)
    assert figures["found"] is False and figures["reason"].startswith(reason)
    assert json.loads((tmp_path / "out" / "absent.json").read_text()) == figures
