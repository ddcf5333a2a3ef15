"""Matrix products by oneDNN, whose bits under the environment of `pinned` do not depend on the x86-64 processor.

MKL gives all processors the same bits in its COMPATIBLE mode alone, which is several times slower. So the products of linear layers, which
are most of the work, go to oneDNN, and MKL is left with those of attention; and with the square root, which no mode pins (README.md).
"""

from functools import cache

import torch
from torch import Tensor

library = torch.library.Library("aten", "IMPL")  # what is registered here lasts as long as this object


@cache
def pin_products() -> None:
    """Send float32 matrix products on the CPU to oneDNN from now on, forwards and backwards."""
    if torch.backends.mkldnn.is_available():
        library.impl("mm", product, "CPU", allow_override=True)
        library.impl("addmm", sum_and_product, "CPU", allow_override=True)


def product(left: Tensor, right: Tensor) -> Tensor:
    """Return left (M, K) @ right (K, N)."""
    if left.dtype != torch.float32 or not left.numel() or not right.numel():
        return torch.bmm(left[None], right[None])[0]
    return torch.ops.mkldnn._linear_pointwise(left, right.t(), None, "none", [], "")


def sum_and_product(added: Tensor, left: Tensor, right: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return beta * added + alpha * left (M, K) @ right (K, N)."""
    if left.dtype == torch.float32 and left.numel() and right.numel() and added.dim() == 1 and beta == alpha == 1:
        return torch.ops.mkldnn._linear_pointwise(left, right.t(), added, "none", [], "")
    return beta * added + alpha * product(left, right)
