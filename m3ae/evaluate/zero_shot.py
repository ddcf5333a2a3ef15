"""Retrieval with nothing but what pre-training taught: the matching head's "match" logit scores every pair. Paper, section 3."""

from pathlib import Path
from typing import Any

from m3ae.batches.tokenizer import Tokenizer
from m3ae.engine.processes import is_first
from m3ae.evaluate.absent import absent
from m3ae.evaluate.predictions import Test
from m3ae.evaluate.ranking import first_pass, rankings
from m3ae.evaluate.scores import both_recalls, chance
from m3ae.model.config import ModelConfig, load_config
from m3ae.objectives.build import start_from, task_learner
from m3ae.objectives.learner import Learner
from m3ae.objectives.retrieval import Retrieval
from m3ae.objectives.saved import saved_weights
from m3ae.shards.read import open_manifest, open_split


def zero_shot(shards: Path, pretrained: Path, out: Path, text_tokens: int, rerank: int = 0) -> dict[str, Any]:
    """Return the recalls on the test split, in percent, and write the predictions to `out`; or return why there are none."""
    manifest, config, test = open_manifest(shards), load_config(pretrained), open_split(shards, "test")
    missing = None
    if not manifest["found"]:
        missing = "the release was not found"
    elif "itm" not in config.objectives:
        missing = "the model has no matching head: it was fine-tuned, or pre-trained with objectives.itm: 0"
    elif not len(test):
        missing = "the test split has no pairs"
    if missing:
        return absent(missing, out)
    config = config.at(config.model.image_px, text_tokens)
    learner = matching_learner(pretrained, config)
    table = rankings(learner, Test(test, [], Tokenizer.load(pretrained), config, rerank=rerank))
    if is_first():
        out.mkdir(parents=True, exist_ok=True)
        table.write_parquet(out / "predictions.parquet")
    texts = table["truth"].to_list()
    reference = chance(texts)
    return {
        "found": True,
        "synthetic": manifest["synthetic"],
        "pairs": len(test),
        "distinct_texts": len(set(texts)),
        "chance": {"text_to_image": reference, "image_to_text": reference},
        **both_recalls(table),
        **first_pass(table, rerank),
    }


def matching_learner(pretrained: Path, config: ModelConfig) -> Learner:
    """Return the pre-trained model in `pretrained`, at the sizes of `config`, with its "match" logit as retrieval's score."""
    learner = task_learner(config, "retrieval", Retrieval(config.model), seed=0)
    start_from(learner, saved_weights(pretrained, load_config(pretrained)))
    return learner
