"""Tiny models and shards in; pictures, and where words look, out."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from m3ae.ask.attend import attend
from m3ae.ask.opened import Opened
from m3ae.ask.reconstruct import reconstruct
from m3ae.batches.images import to_tensor
from m3ae.disk.folders import new_folder
from m3ae.releases.record import Split
from m3ae.shards.format import Header, Row
from m3ae.shards.read import open_split
from m3ae.shards.write import ShardWriter, write_absent
from m3ae.visualise.rows import as_image, spread
from m3ae.visualise.similarity import ssim
from m3ae.visualise.stage import VisualisePaths, run
from tests.answering import write_answering, write_model

QUESTION = "is there an effusion"


def pixels(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (32, 40, 1 + 2 * (number % 2)), np.uint8)


def write_shards(folder, split: Split, num_rows: int) -> None:
    """Rows of which two each show the same image."""
    with new_folder(folder) as partial, ShardWriter(partial, Header("a", True, "raw", 32, 100)) as shards:
        for number in range(num_rows):
            image = pixels(number // 2)
            row = Row(
                f"q{number}",
                f"image{number // 2}",
                [QUESTION],
                ["yes"],
                "closed",
                "CC0",
                True,
                image.tobytes(),
                *image.shape,
                bytes(64),
                split,
            )
            shards.write(row)


@pytest.fixture
def paths(tmp_path, config) -> VisualisePaths:
    write_model(tmp_path / "pretrain", config)
    write_answering(tmp_path / "finetune" / "vqa_rad-3", config)
    write_shards(tmp_path / "shards" / "pretrain" / "roco", Split.VALIDATION, 12)
    write_shards(tmp_path / "shards" / "tasks" / "vqa_rad", Split.TEST, 10)
    write_absent(tmp_path / "shards" / "tasks" / "slake", "slake")
    return VisualisePaths(tmp_path / "shards", tmp_path / "finetune", tmp_path / "out")


def drawn(paths: VisualisePaths, model: str = "pretrain", releases: tuple[str, ...] = ("roco",)) -> tuple[dict, dict]:
    run(paths.out.with_name(model), releases, ("vqa_rad", "slake"), (3, 4), 0, paths)
    return tuple(json.loads((paths.out / name).read_text()) for name in ("reconstructions/measured.json", "attention.json"))


def test_each_mask_ratio_has_its_loss_and_similarity_and_two_strips(paths, capsys):
    measured, _ = drawn(paths)
    assert [row["mask_ratio"] for row in measured["rows"]] == [0.25, 0.5, 0.75, 0.9] and measured["num_images"] == 12
    opened, shards = Opened.open(paths.out.with_name("pretrain")), open_split(paths.shards / "pretrain" / "roco", "validation")
    rows = [reconstruct(opened, as_image(shards.pixels(place)), QUESTION, [0.5], place)[0] for place in range(12)]
    half = measured["rows"][1]
    assert half["loss"] == pytest.approx(np.mean([row.loss for row in rows]))
    assert half["ssim"] == pytest.approx(np.mean([ssim(row.original, row.reconstructed) for row in rows]))
    assert measured["shown"] == ["image0", "image5"]
    with Image.open(paths.out / "reconstructions" / "reconstructed-50.png") as strip:
        assert (np.asarray(strip)[:, :32, :3] == rows[0].reconstructed).all() and strip.size == (2 * 32 + 4, 32)
    assert "50% masked MIM loss" in capsys.readouterr().out.splitlines()[-1]


def test_words_look_where_m3ae_attend_says_in_rows_of_different_images(paths):
    _, found = drawn(paths)
    assert found.keys() == {"vqa_rad"}  # SLAKE was not found, and has no model
    assert [row["id"] for row in found["vqa_rad"]] == ["q0", "q2", "q6"]
    last = found["vqa_rad"][-1]
    expected = attend(Opened.open(paths.finetuned / "vqa_rad-3"), as_image(pixels(3)), QUESTION, -1).words
    assert [word["word"] for word in last["words"]] == [word.word for word in expected] and expected[0].word == "is"
    assert np.allclose([word["weights"] for word in last["words"]], [word.weights for word in expected], atol=1e-5)


def test_the_processor_shows_the_model_stored_pixels_as_training_does(paths):
    opened = Opened.open(paths.out.with_name("pretrain"))
    for number in (0, 1):
        assert torch.equal(opened.images([as_image(pixels(number))])[0], to_tensor(pixels(number), 32))


def test_a_model_without_pixels_and_a_release_without_images_say_so(paths, config):
    write_model(paths.out.with_name("words only"), config, objectives=("mlm",))
    assert "was not trained to reconstruct pixels" in drawn(paths, "words only")[0]["missing"]
    assert "no release that was pre-trained on has validation images" in drawn(paths, releases=())[0]["missing"]


def test_a_second_run_leaves_the_same_bytes(paths, tmp_path):
    first, second = (paths._replace(out=tmp_path / name) for name in ("first", "second"))
    drawn(first), drawn(second)
    files = [{path.relative_to(run.out): path.read_bytes() for path in run.out.rglob("*.*")} for run in (first, second)]
    assert files[0] == files[1] and len(files[0]) == 11


@pytest.mark.parametrize(("rows", "shown", "expected"), [(10, 3, [0, 3, 6]), (2, 3, [0, 1]), (0, 3, []), (3, 3, [0, 1, 2])])
def test_rows_are_shown_at_even_distances(rows, shown, expected):
    assert spread(rows, shown) == expected
