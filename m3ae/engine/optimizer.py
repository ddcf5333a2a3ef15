"""AdamW as the authors set it up: three learning rates, and no weight decay of biases and LayerNorms."""

import re

import torch
from torch import nn
from transformers import get_linear_schedule_with_warmup

from m3ae.engine.params import DecayedNorms, Recipe
from m3ae.objectives.learner import Learner

BETAS, EPS = (0.9, 0.98), 1e-8
MISSED_BY_THE_AUTHORS = re.compile(r"^backbone\.vision\.|mim\.decoder\.mixer\.\d+\.norm\d\.|\.head\.1\.")
FUSION_PARTS = ("backbone.fusion.", "backbone.text_projection.", "backbone.image_projection.")


def build_optimizer(learner: Learner, recipe: Recipe) -> torch.optim.AdamW:
    """Build AdamW with parameter groups by (learning rate, weight decay), in a fixed order."""
    undecayed = undecayed_names(learner, recipe.decayed_norms)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in learner.named_parameters():
        key = (recipe.learning_rate * factor(name, recipe), 0.0 if name in undecayed else recipe.weight_decay)
        groups.setdefault(key, []).append(parameter)
    return torch.optim.AdamW(
        [{"params": members, "lr": rate, "weight_decay": decay} for (rate, decay), members in groups.items()],
        lr=recipe.learning_rate,
        betas=BETAS,
        eps=EPS,
        fused=True,
    )


def factor(name: str, recipe: Recipe) -> float:
    if name.startswith("objectives."):
        return recipe.head_factor
    return recipe.fusion_factor if name.startswith(FUSION_PARTS) else 1.0


def undecayed_names(learner: Learner, decayed_norms: DecayedNorms) -> set[str]:
    """Return the names of all biases and of everything in a LayerNorm.

    # Differs: found by type. The authors' list of names misses the LayerNorms of CLIP, of the pixel decoder's blocks and of the
    # downstream head, and pulls their scales, which start at 1, towards 0; `decayed_norms: authors` does so, too.
    """
    norms = {f"{name}.weight" for name, module in learner.named_modules() if isinstance(module, nn.LayerNorm)}
    if decayed_norms == "authors":
        norms = {name for name in norms if not MISSED_BY_THE_AUTHORS.search(name)}
    return norms | {name for name, _ in learner.named_parameters() if name.endswith("bias")}


def build_schedule(optimizer: torch.optim.Optimizer, steps: int, recipe: Recipe) -> torch.optim.lr_scheduler.LambdaLR:
    """Build the schedule: linear warm-up, then linear decay to 0 at `steps`."""
    return get_linear_schedule_with_warmup(optimizer, round(steps * recipe.warmup_share), steps)
