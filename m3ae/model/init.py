"""How new weights start."""

from torch import nn

PAPER_WIDTH, PAPER_STD = 768, 0.02


def std(width: int) -> float:
    """Return the standard deviation of a new weight matrix.

    # Differs: 0.02 at the paper's width of 768, as the authors have it, and wider the narrower a layer is, up to LeCun's 1 / sqrt(width), which
    # passes on its input at full size. At 0.02 a narrow layer passes on a small fraction, and cross-attention, which has two such layers in
    # a row, next to nothing: whether a run of minutes ever looks at the image is then a matter of luck.
    """
    return min(width**-0.5, PAPER_STD * PAPER_WIDTH / width)


def initialise(module: nn.Module, width: int) -> None:
    """Draw linear and embedding weights from N(0, std(width)²) and set biases to 0; LayerNorms stay at 1 and 0."""
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Embedding):
            nn.init.normal_(part.weight, std=std(width))
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
