"""How new weights start."""

from torch import nn

PAPER_WIDTH, PAPER_STD = 768, 0.02


def std(width: int) -> float:
    """Return the standard deviation of a new weight matrix.

    # Differs: 0.02 at the paper's width of 768, as the authors have it, and wider in inverse proportion to the
    # width's square root: a narrow layer at 0.02 passes on a small fraction of its input, and cross-attention, which has
    # two such layers in a row, next to nothing.
    """
    return PAPER_STD * (PAPER_WIDTH / width) ** 0.5


def initialise(module: nn.Module, width: int) -> None:
    """Draw linear and embedding weights from N(0, std(width)²) and set biases to 0; LayerNorms stay at 1 and 0."""
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Embedding):
            nn.init.normal_(part.weight, std=std(width))
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
