from pathlib import Path

import pytest

from benchmarks import retrieval
from benchmarks.retrieval import kept, speed
from m3ae.batches.tokenizer import train
from m3ae.model.folder import save_model
from m3ae.objectives.saved import saved_learner
from tests.evaluate.conftest import TEXTS, Split


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()][2:]


def test_every_way_is_timed_in_turns_and_set_against_the_first(monkeypatch):
    taken, order = iter([8, 1, 16, 4, 8, 2]), []
    monkeypatch.setattr(retrieval, "seconds", lambda way: (way(), next(taken))[1])
    table = speed({"whole": (lambda: order.append("whole"), 4), "tiles": (lambda: order.append("tiles"), 8)}, repeats=3)
    assert order == 3 * ["whole", "tiles"]
    assert cells(table) == [["whole", "2000.0", "2000.0", "4000.0", "1.00"], ["tiles", "125.0", "250.0", "500.0", "8.00"]]


@pytest.mark.parametrize("objectives", [("mlm", "mim", "itm"), ("retrieval",)])
def test_what_a_first_pass_keeps_is_counted_both_ways(tmp_path, config, objectives, monkeypatch):
    monkeypatch.setattr(retrieval, "join", lambda: None)
    monkeypatch.setattr(retrieval, "open_split", lambda _folder, _split: Split())
    words = train(TEXTS, 300)
    words.save_pretrained(tmp_path / "words")
    config = config.model_copy(update={"vocabulary": len(words), "objectives": objectives})
    save_model(tmp_path / "model", config, saved_learner(config).state_dict(), tmp_path / "words", "")
    rows = cells(kept(tmp_path / "model", Path(), [2, 7]))
    ways = ("image to text", "text to image")
    assert [row[:3] for row in rows] == [[way, *share] for share in (["2", "28.6"], ["7", "100.0"]) for way in ways]
    assert any(float(row[3]) < 100 for row in rows[:2]) and [row[3:5] for row in rows[2:]] == [["100.0", "100.0"]] * 2
    assert all(row[5] == row[6] for row in rows[2:])
