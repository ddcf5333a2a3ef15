"""The stage script, called as dvc.yaml calls it: a tokenizer, and how long the training texts are in its tokens."""

import json
import sys
from pathlib import Path

import pytest

from m3ae.batches.excluded import write_excluded
from m3ae.batches.tokenizer import Tokenizer, train
from m3ae.releases.record import Split
from m3ae.shards.format import Header, Row
from m3ae.shards.write import ShardWriter, write_absent
from stages.tokenizer import main

TEXTS = ["Axial CT.", "Axial CT of the abdomen.", "Axial T2-weighted MR image of the brain, without contrast, 3 x 4 cm mass."]


@pytest.fixture
def run(parameters, tmp_path, monkeypatch):
    """Run the stage on three training rows, one of them left out, and one of validation; return its metrics."""
    shards = tmp_path / "data/shards/pretrain"
    write_absent(shards / "medicat", "medicat")
    (shards / "roco").mkdir()
    with ShardWriter(shards / "roco", Header("roco", True, "raw", 2, 64)) as writer:
        for number, text in enumerate([*TEXTS, "left out " * 9, "validation " * 9]):
            split = Split.VALIDATION if number == 4 else Split.TRAIN
            writer.write(Row(str(number), str(number), [text], [], "", "", True, bytes(4), 2, 2, 1, bytes(64), split))
    write_excluded(tmp_path / "data/excluded.json", {"roco": frozenset({"3"})})
    monkeypatch.chdir(tmp_path)

    def of(source: str) -> dict:
        parameters.change({"scale": "test", "scales/test.yaml:tokenizer.source": source, "scales/test.yaml:model.text_tokens": 20})
        paths = ("--shards", "data/shards/pretrain", "--excluded", "data/excluded.json", "--out", "data/tokenizer")
        monkeypatch.setattr(sys, "argv", ["tokenizer", *paths, "--metrics", "data/metrics/tokenizer.json"])
        main()
        return json.loads(Path("data/metrics/tokenizer.json").read_text())

    return of


def test_training_texts_are_counted_and_those_that_the_model_reads_in_part(run):
    found = run("train")
    saved = Tokenizer.load(Path("data/tokenizer"))
    lengths = [int(saved([text], 200).mask.sum()) for text in TEXTS]
    assert lengths[0] <= 20 < lengths[2]
    assert found == {
        "cut": sum(length > 20 for length in lengths),
        "longest": max(lengths),
        "text_tokens": 20,
        "texts": 3,
        "tokens": sum(lengths),
        "vocabulary": len(saved),
    }


def test_they_are_counted_by_a_published_tokenizer_too(run, tmp_path):
    train(["a b"], 300).save_pretrained(tmp_path / "published")
    found = run(str(tmp_path / "published"))
    assert found["texts"] == found["cut"] + 1 == 3 and found["longest"] > 60  # it knows bytes alone
