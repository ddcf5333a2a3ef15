"""Retrieval with nothing but what pre-training taught: the matching head's "match" logit scores every pair. Paper, section 3."""

from pathlib import Path
from typing import Any

from m3ae.jsonfile import write_json
from m3ae.model.build import task_learner
from m3ae.model.folder import load_config, load_weights
from m3ae.objectives.retrieval import Retrieval
from m3ae.retrieval.scoring import chance, rank, write_ranks
from m3ae.shards import open_manifest, open_split
from m3ae.tokenizer import Tokenizer
from m3ae.training.finetuning import start_from
from m3ae.training.launch import is_first


def zero_shot(shards: Path, pretrained: Path, out: Path, text_tokens: int) -> dict[str, Any]:
    """The recalls on the test split, written beside the ranks in `out`; or why there are none."""
    manifest, config = open_manifest(shards), load_config(pretrained)
    missing = None if manifest["found"] else "the release was not found"
    if "itm" not in config.objectives:
        missing = missing or "the model has no matching head: it was fine-tuned, or pre-trained with objectives.itm: 0"
    if missing:
        return absent(missing, out)
    test = open_split(shards, "test")
    learner = task_learner(config, "retrieval", Retrieval(config.model), seed=0)
    start_from(learner, load_weights(pretrained))
    ranking = rank(learner, test, Tokenizer.load(pretrained), config.model.image_px, text_tokens)
    if is_first():
        write_ranks(out / "ranks.parquet", ranking)
    by_chance = chance(ranking.texts)
    return {"found": True, "synthetic": manifest["synthetic"], "pairs": len(test), "distinct_texts": len(set(ranking.texts)),
            "chance": {"text_to_image": by_chance, "image_to_text": by_chance}, **ranking.recalls()}  # fmt: skip


def absent(reason: str, out: Path) -> dict[str, Any]:
    figures = {"found": False, "reason": reason}
    if is_first():
        write_json(out / "absent.json", figures)
    return figures
