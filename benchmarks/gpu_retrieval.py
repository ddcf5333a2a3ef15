"""Every image of a split against every text of it, at `paper`'s widths, by the way of `benchmarks.retrieval`, in bf16."""

from collections.abc import Iterator

import torch

from benchmarks.gpu_section import Job, Row
from benchmarks.gpu_sizes import Sizes, sizes_of
from benchmarks.retrieval import matrix
from m3ae.engine.processes import device, join
from m3ae.finetune.ranking import IMAGES_A_TILE
from m3ae.objectives.learner import Learner
from m3ae.objectives.retrieval import Retrieval
from m3ae.pretrain.speed import seconds


def rows(job: Job) -> Iterator[Row]:
    sizes = sizes_of(job.toy)
    join()
    learner = sizes.learner()
    learner.objectives["retrieval"] = Retrieval(sizes.params.model)
    learner.eval().to(device(), torch.bfloat16)
    ranked(learner, sizes, min(sizes.num_ranked))  # the first time costs what no other does
    for side in sizes.num_ranked:
        yield job.attempt({"images x texts": f"{side} x {side}"}, lambda side=side: ranked(learner, sizes, side))
        job.longest *= 4  # the next one has four times the pairs


@torch.no_grad()
def ranked(learner: Learner, sizes: Sizes, side: int) -> Row:
    model = sizes.params.model
    ids = torch.randint(5, sizes.params.tokenizer.vocabulary, (side, model.text_tokens))
    images = torch.randn(side, 3, model.image_px, model.image_px, device=device(), dtype=torch.bfloat16)
    taken = seconds(lambda: matrix(learner, images, ids, torch.ones_like(ids), IMAGES_A_TILE[device().type]), device())
    return {"s": taken, "pairs/s": side**2 / taken}
