"""Training by kernels that torch.compile makes: fewer and larger ones than a module at a time launches.

A graph is whole or refused: what would break it, and put the host between two kernels again, is an error. Compiled products and roots are
not those of `kernels`: the digits of a compiled training on a CPU are those of its machine.
"""

import torch
from torch import nn

from m3ae.engine.params import Compiled
from m3ae.engine.recompute import BLOCKS

MOST_SHAPES = 256  # of one function, over all blocks: torch's own limit of 8 is less than texts have lengths, in training and in validation


def compile_parts(learner: nn.Module, how: Compiled, backend: str = "inductor") -> None:
    """Compile every block of the encoders, the fusion and the decoders, or the learner as a whole, when it is first called."""
    if how == "none":
        return
    torch._dynamo.config.recompile_limit = MOST_SHAPES
    for part in [learner] if how == "whole" else [part for part in learner.modules() if isinstance(part, BLOCKS)]:
        part.compile(fullgraph=True, backend=backend)
