"""How fast training is: pairs a second, and the share of the device's own matrix-multiplication speed (MFU) that they amount to."""

import time
from collections.abc import Callable

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from m3ae.batches.pairs import PairBatch
from m3ae.objectives.learner import Learner

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
BACKWARD_TOO = 3  # a backward pass multiplies twice as much as the forward one
MATRIX_SIDE = {"cpu": 2048, "cuda": 8192}  # large enough that the start of a product counts for nothing


def matrix_speed(dtype: torch.dtype, device: torch.device, rounds: int = 3) -> float:
    """Measure the operations a second of square matrix products; return the best of `rounds`."""
    side = MATRIX_SIDE[device.type]
    one, other = (torch.ones(side, side, dtype=dtype, device=device) for _ in range(2))
    return 2 * side**3 / min(seconds(lambda: one @ other, device) for _ in range(rounds))


def seconds(function: Callable[[], object], device: torch.device) -> float:
    synchronise(device)
    begun = time.perf_counter()
    function()
    synchronise(device)
    return time.perf_counter() - begun


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@torch.no_grad()
def operations_a_pair(learner: Learner, batch: PairBatch) -> float:
    """Return the operations of one pair's forward and backward pass, counted on the forward pass of `batch`.

    It draws no random number and changes no weight. Attention is counted as the matrix products that it is: the counter knows no fused
    kernel of the CPU.
    """
    training = learner.training
    learner.eval()
    found = operations(lambda: learner(batch))
    learner.train(training)
    return BACKWARD_TOO * found / len(batch.text_ids)


def operations(function: Callable[[], object]) -> int:
    """Return the operations of all matrix products in `function`."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


class Speed:
    """A stopwatch over training steps, without what is done between them.

    `possible`: the pairs a second that matrix multiplication alone would allow all processes together.
    """

    def __init__(self, batch: int, possible: float):
        self.batch, self.possible = batch, possible
        self.steps, self.seconds = 0, 0.0
        self.go_on()

    def go_on(self) -> None:
        self.begun = time.perf_counter()

    def step_done(self) -> None:
        self.steps += 1
        self.seconds += time.perf_counter() - self.begun

    def figures(self) -> dict[str, float]:
        """Return pairs a second and MFU (a share of 1) since they were last asked for."""
        pairs_per_second = self.steps * self.batch / self.seconds
        self.steps, self.seconds = 0, 0.0
        return {"pairs_per_second": pairs_per_second, "mfu": pairs_per_second / self.possible}
