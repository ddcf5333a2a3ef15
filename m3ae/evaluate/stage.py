"""The evaluation stage's parts put together: saved models and a task's splits in, predictions and scores out. Nothing is trained.

Where answers are given, validation is scored beside test: larger than test in VQA-Med-2019, it resolves a gain better. Each model's epoch
was chosen on it, pre-trained or not, so that its scores are a little high and its gains are not.
"""

from pathlib import Path
from typing import Any, NamedTuple

import torch.distributed as dist

from m3ae.batches.tokenizer import Tokenizer
from m3ae.disk.json import write_json
from m3ae.engine.processes import is_first
from m3ae.evaluate.kinds import EVALUATIONS, Evaluation
from m3ae.evaluate.predictions import Test
from m3ae.evaluate.ranking import first_pass
from m3ae.evaluate.scores import in_a_line
from m3ae.model.config import load_config
from m3ae.objectives.learner import Learner
from m3ae.objectives.saved import loaded_learner
from m3ae.shards.read import open_answers, open_manifest, open_split
from m3ae.tasks import TASKS, TaskName


class EvaluatePaths(NamedTuple):
    shards: Path
    finetuned: Path  # the model folder that started from pre-training
    baseline: Path  # the one that started from scratch
    out: Path
    metrics: Path

    def models(self) -> dict[str, Path]:
        return {"pretrained": self.finetuned, "scratch": self.baseline}


def run(task: TaskName, seed: int, paths: EvaluatePaths, rerank: int = 0) -> None:
    """Test both models, or say that the task's release was not found. `rerank` is retrieval's: see `Test`."""
    manifest = open_manifest(paths.shards)
    figures: dict[str, Any] = {"found": manifest["found"], "task": task, "seed": seed}
    if is_first() and not manifest["found"]:
        write_json(paths.out / "absent.json", figures)
    if manifest["found"]:
        train, validation, test = (open_split(paths.shards, split) for split in ("train", "validation", "test"))
        answers, evaluation = open_answers(paths.shards), EVALUATIONS[TASKS[task].kind]
        figures |= {"synthetic": manifest["synthetic"], "test_rows": len(test), **({"answers": len(answers)} if answers else {})}
        figures |= evaluation.reference(train, test)
        validated: dict[str, Any] = {}
        for start, folder in paths.models().items():
            config = load_config(folder)
            learner, tested = loaded_learner(folder, config), Test(test, answers, Tokenizer.load(folder), config, rerank=rerank)
            figures[start] = scores(evaluation, learner, tested, paths.out / f"{start}.parquet")
            if answers and len(validation):
                on_validation = tested._replace(shards=validation)
                validated[start] = scores(evaluation, learner, on_validation, paths.out / f"{start}-validation.parquet")
        figures |= {"validation": validated} if validated else {}
    if is_first():
        write_json(paths.metrics, figures)
        print(in_a_line(f"evaluate: {task}, seed {seed}", {start: figures[start] for start in paths.models() if start in figures}))
    dist.barrier()


def scores(evaluation: Evaluation, learner: Learner, test: Test, out: Path) -> dict[str, Any]:
    """Return a model's scores, and write the predictions that they are counted from."""
    table = evaluation.predict(learner, test)
    if is_first():
        out.parent.mkdir(parents=True, exist_ok=True)
        table.write_parquet(out)
    return evaluation.score(table) | first_pass(table, test.rerank)
