"""The families of damaged folders that the pipeline itself has made: shards, models, lists."""

import json
import random
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fault_family import Family
from m3ae.batches.excluded import read_excluded, write_excluded
from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.disk.json import write_json
from m3ae.model.config import ModelConfig, load_config
from m3ae.model.folder import save_model
from m3ae.objectives.build import active, pretraining_learner
from m3ae.objectives.saved import loaded_learner
from m3ae.pretrain.params import Params
from m3ae.releases.inventory import read_inventory, write_inventory
from m3ae.releases.record import Split
from m3ae.shards.format import ANSWERS, Header, Row
from m3ae.shards.read import open_answers, open_split
from m3ae.shards.write import ShardWriter

TEXTS = ["a mass in the left lung", "no fracture is seen in the right hip"]
NUM_ROWS = 40


def make_shards(folder: Path) -> None:
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (NUM_ROWS, 8, 8, 1), np.uint8)
    with ShardWriter(folder, Header("vqa_rad", synthetic=True, encoding="raw", image_px=8, rows_per_shard=NUM_ROWS // 4)) as shards:
        write_json(folder / ANSWERS, ["yes", "no"])
        for number, image in enumerate(pixels):
            texts, answers = TEXTS[: 1 + number % 2], ["yes", "no"][: number % 3]
            name = f"image-{number}"
            row = Row(str(number), name, texts, answers, "closed", "CC0", True, image.tobytes(), 8, 8, 1, bytes(64), Split.TRAIN)
            shards.write(row)


def read_shards(folder: Path) -> Any:
    rows = open_split(folder, "train")
    return open_answers(folder), [(rows.row(number), rows.pixels(number).tobytes()) for number in range(len(rows))]


def make_model(folder: Path) -> None:
    params = Params.read(Path("params.yaml"), scale="test")
    train(TEXTS, 300).save_pretrained(folder / "words")
    vocabulary, objectives = len(Tokenizer.load(folder / "words")), active(params.objectives)
    config = ModelConfig(model=params.model, method=params.reconstruction(), objectives=tuple(objectives), vocabulary=vocabulary)
    learner = pretraining_learner(config, objectives, seed=0)
    described = config.model_copy(update={"text": learner.backbone.text.transformer.config.to_diff_dict()})
    save_model(folder, described, learner.state_dict(), folder / "words", "")


def read_model(folder: Path) -> Any:
    digest = sha256()
    for name, weight in sorted(loaded_learner(folder, load_config(folder)).state_dict().items()):
        digest.update(name.encode() + weight.numpy().tobytes())
    return digest.hexdigest(), Tokenizer.load(folder)(TEXTS, 24).ids.tolist()


def make_lists(folder: Path) -> None:
    write_excluded(folder / "excluded.json", {"roco": frozenset({"ROCO_1", "ROCO_2"}), "medicat": frozenset()})
    (folder / "releases" / "roco").mkdir(parents=True)
    (folder / "releases" / "roco" / "a.txt").write_text("a file of a release", encoding="utf-8")
    write_inventory(folder / "releases", folder, ())


def read_lists(folder: Path) -> Any:
    return read_excluded(folder / "excluded.json"), read_inventory(folder / "roco.json"), read_inventory(folder / "slake.json")


def damage_one(*patterns: str) -> Callable[[Path, Path, random.Random, int], str]:
    """Return what flips one bit of one of the files, cuts it somewhere, or leaves nothing of it."""

    def damage(whole: Path, folder: Path, rng: random.Random, _number: int) -> str:
        shutil.copytree(whole, folder)
        path = rng.choice(sorted(path for pattern in patterns for path in folder.glob(pattern)))
        content = bytearray(path.read_bytes())
        place, how = rng.randrange(rng.choice((min(4000, len(content)), len(content)))), rng.choice(("flip", "flip", "cut", "empty"))
        if how == "flip":
            content[place] ^= 1 << rng.randrange(8)
        else:
            del content[place if how == "cut" else 0 :]
        path.write_bytes(content)
        return f"{how} of {path.name} at {place}"

    return damage


def change_settings(whole: Path, folder: Path, rng: random.Random, _number: int) -> str:
    """Put something into config.json that no model of this project has there."""
    shutil.copytree(whole, folder)
    (folder / "digests.json").unlink()  # as a folder comes from a stranger
    path = folder / "config.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    place = rng.choice([content, content["model"], content["text"], content["method"]])
    key, value = rng.choice(sorted(place)), rng.choice(STRANGE)
    place[key] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    return f"{key} = {value!r}"


STRANGE = (-1, 0, 10**6, 10**12, 0.5, float("nan"), None, "", "evil/kernel", "hf-hub:evil/x", "local-dir:/etc", [], ["a"] * 9, {"a": 1})

FAMILIES = {
    "shards": Family("shard folders, damaged", 250, make_shards, read_shards, damage_one("*.arrow", "*.json")),
    "models": Family("model folders, damaged", 120, make_model, read_model, damage_one("*.safetensors", "*.json")),
    "lists": Family("lists of excluded images and inventories, damaged", 200, make_lists, read_lists, damage_one("*.json")),
    "settings": Family("model folders with strange settings", 100, make_model, read_model, change_settings),
}
