"""Matrix products and square roots by numpy, whose bits under the environment of `pinned` do not depend on the x86-64 processor.

torch sends both to MKL, which gives all processors the same products in its COMPATIBLE mode alone, at a third of the speed, and the same
square roots in none. numpy's OpenBLAS keeps to the kernels that it is told, and its roots are rounded as IEEE 754 asks.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import DispatchKeySet, Tensor, library

OVERRIDES = vars(library)["Library"]("aten", "IMPL")  # what is registered here lasts as long as this object
NUMPYS = (torch.float32, torch.float64)


@cache
def pin_kernels() -> None:
    """Compute these by numpy on the CPU from now on, forwards and backwards."""
    own: dict[str, Callable[..., np.ndarray]] = {"mm": np.matmul, "bmm": np.matmul, "addmm": sum_and_product, "sqrt": np.sqrt}
    for name, compute in own.items():
        replace(name, by_numpy(compute, library.get_kernel(f"aten::{name}", "CPU")))
    replace("pow.Tensor_Scalar", power_by_root(library.get_kernel("aten::pow.Tensor_Scalar", "CPU")))


def replace(name: str, kernel: Callable[..., Tensor]) -> None:
    OVERRIDES.impl(name, kernel, "CPU", with_keyset=True, allow_override=True)


def by_numpy(compute: Callable[..., np.ndarray], builtin: Any) -> Callable[..., Tensor]:
    """Return a kernel that leaves the types that BLAS does not know to torch's `builtin` one."""

    def kernel(keys: DispatchKeySet, *tensors: Tensor, **factors: float) -> Tensor:
        if all(tensor.dtype in NUMPYS for tensor in tensors):
            return torch.from_numpy(np.asarray(compute(*(tensor.detach().numpy() for tensor in tensors), **factors)))
        return builtin.call_boxed(keys, *tensors, **factors)

    return kernel


def power_by_root(builtin: Any) -> Callable[..., Tensor]:
    """Return a kernel that sends `tensor ** 0.5` the way of `tensor.sqrt()`, which torch's kernel would not."""
    return lambda keys, base, exponent: base.sqrt() if exponent == 0.5 else builtin.call_boxed(keys, base, exponent)


def sum_and_product(added: np.ndarray, left: np.ndarray, right: np.ndarray, *, beta: float = 1, alpha: float = 1) -> np.ndarray:
    """Return beta * added + alpha * left (M, K) @ right (K, N)."""
    out = np.matmul(left, right)
    if alpha != 1:
        out *= alpha
    out += beta * added
    return out
