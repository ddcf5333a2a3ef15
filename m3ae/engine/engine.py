"""The one place where DeepSpeed is set up. The global batch is the parameter; the steps of gradient accumulation
follow from it and from the number of processes.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

import deepspeed
import torch
import torch.distributed as dist
from deepspeed.utils import safe_get_full_fp32_param
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.utils.data import DataLoader

from m3ae.batches.numbered import Batch, Batches
from m3ae.batches.order import seed_for
from m3ae.batches.pairs import StepKeys
from m3ae.engine.optimizer import build_optimizer, build_schedule
from m3ae.engine.params import DeepSpeedParams, Recipe
from m3ae.engine.processes import moved, num_loader_workers
from m3ae.engine.recompute import recompute_blocks
from m3ae.engine.stop import outlive_request
from m3ae.objectives.learner import Learner
from m3ae.objectives.tallies import Tallies

BUCKET = 20_000_000  # elements that are reduced at once; DeepSpeed's own 5e8 allocates 2 GB for the smallest model
# Elements of ZeRO 3's weights that are whole at one time; DeepSpeed's own 1e9 would gather all of a model of this size.
GATHERED_AT_ONCE = ("stage3_max_live_parameters", "stage3_max_reuse_distance", "stage3_prefetch_bucket_size")


class Diverged(SystemExit):
    """A loss or a gradient is not finite; the message names the pairs that it came from and the remedy."""

    @classmethod
    def at(cls, found: str, names: Iterable[str]) -> Self:
        return cls(f"{found}: {', '.join(names)}; lower the learning rate, use bf16 or fp32, or look at these pairs")


class Engine:
    """A learner under DeepSpeed: training steps, evaluation, its full weights.

    `resumes_others`: what it will load was saved by another number of processes.
    """

    def __init__(self, learner: Learner, recipe: Recipe, params: DeepSpeedParams, steps: int, seed: int, resumes_others: bool = False):
        self.learner, self.recipe, self.seed = learner, recipe, seed
        self.rank, self.num_processes = dist.get_rank(), dist.get_world_size()
        self.is_plain = recipe.zero_stage == 0 and recipe.precision == "fp32"  # DeepSpeed knows the gradient's norm in all other cases
        self.reads_universal = resumes_others and recipe.zero_stage > 0  # without ZeRO every process saves the same
        if params.recompute == "blocks":
            recompute_blocks(learner)
        skip_compiled_extension()
        self.deepspeed, *_ = deepspeed.initialize(
            model=learner,
            optimizer=build_optimizer(learner, recipe),
            config=configuration(recipe, params, self.num_processes, self.reads_universal),
            lr_scheduler=lambda basic: build_schedule(basic, steps, recipe),
        )
        if self.num_processes == 1 and recipe.zero_stage == 0:  # DeepSpeed would copy every gradient into buckets and back, for nobody
            self.deepspeed.enable_backward_allreduce = False

    def train(self, batches: Batches[Any], first_step: int, last_step: int) -> Iterator[tuple[int, Tensor]]:
        """Run steps `first_step` to `last_step` - 1 and yield each step's number (from 1) and its local tallies.

        The last row of the tallies is that of the summed loss. Raises `Diverged` before a step that spoilt the weights is yielded.
        """
        micro_batches = iter(self.loader(batches, self.micro_batch_numbers(first_step, last_step)))
        for step in range(first_step, last_step):
            self.deepspeed.train()
            self.learning_rates = self.coming_learning_rates()
            numbers = self.micro_batch_numbers(step, step + 1)
            read = self.compared(batches.shown(moved(next(micro_batches))) for _ in numbers)
            rows = torch.stack(list(map(self.run_micro_batch, read, numbers))).cpu()  # the step's only wait
            self.require_finite_loss(rows[:, -1, 0].tolist(), numbers, batches)
            self.require_finite_gradient(step, batches)
            yield step + 1, rows.sum(dim=0)

    def compared(self, step: Iterator[Any]) -> Iterable[Any]:
        """Return the micro-batches of a step as they come or, where an objective compares its pairs with all others of the step, each
        with what it is compared with, which is computed before the first of them. It is the same on any number of processes.
        """
        if not self.learner.comparing(tuple(self.learner.objectives)):
            return step
        batches = list(step)
        self.deepspeed.eval()
        with torch.no_grad():
            own = [self.deepspeed(batch, ahead=True) for batch in batches]
        self.deepspeed.train()
        everyone = {name: in_order(torch.stack([keys[name] for keys in own])) for name in own[0]}
        turns = range(self.rank, len(batches) * self.num_processes, self.num_processes)
        starts = (turn * self.recipe.micro_batch for turn in turns)
        return [batch._replace(step=StepKeys(start, everyone)) for start, batch in zip(starts, batches, strict=True)]

    def require_finite_loss(self, losses: list[float], numbers: list[int], batches: Batches[Any]) -> None:
        """Raise `Diverged` where the loss of one of these micro-batches is not finite."""
        for loss, number in zip(losses, numbers, strict=True):
            if not math.isfinite(loss):
                raise Diverged.at(f"the loss became {loss} in micro-batch {number}", batches.names(number))

    def require_finite_gradient(self, step: int, batches: Batches[Any]) -> None:
        """Raise `Diverged` where the whole step's gradient, alike in all processes, is not finite (fp16: DeepSpeed skips the step)."""
        norm = self.gradient_norm()
        if self.recipe.precision != "fp16" and not math.isfinite(norm):
            numbers = range(step * self.recipe.num_micro_batches, (step + 1) * self.recipe.num_micro_batches)
            names = [name for number in numbers for name in batches.names(number)]
            raise Diverged.at(f"the gradient became {norm} in step {step + 1}", names)

    def micro_batch_numbers(self, first_step: int, last_step: int) -> list[int]:
        """Return the micro-batches of this process: micro-batch k goes to process k mod the number of processes."""
        return list(
            range(first_step * self.recipe.num_micro_batches + self.rank, last_step * self.recipe.num_micro_batches, self.num_processes)
        )

    def run_micro_batch(self, batch: NamedTuple, number: int) -> Tensor:
        """Run one micro-batch forwards and backwards; dropout is a function of (seed, number) alone.

        Returns its tallies on its device: nothing here waits for a GPU.
        """
        torch.manual_seed(seed_for(self.seed, number))
        loss = self.deepspeed(batch)
        self.deepspeed.backward(loss.value)
        if self.is_plain and self.deepspeed.is_gradient_accumulation_boundary():
            self.plain_norm = get_total_norm(parameter.grad for parameter in self.learner.parameters() if parameter.grad is not None)
        self.deepspeed.step()
        total = torch.stack([loss.value.detach().double(), loss.value.new_ones((), dtype=torch.float64)])
        return torch.cat([loss.tallies, total[None]])

    def load(self, checkpoint: Path) -> None:
        """Load weights, optimiser and schedule as they were saved."""
        groups = [{key: value for key, value in group.items() if key != "params"} for group in self.deepspeed.basic_optimizer.param_groups]
        self.deepspeed.load_checkpoint(str(checkpoint.parent), tag=checkpoint.name)
        if self.reads_universal and self.recipe.zero_stage == 3:
            self.mend(groups)

    def mend(self, groups: list[dict[str, Any]]) -> None:
        """Mend how DeepSpeed 0.19.8 reads universal checkpoints of ZeRO 3: the first group's rates for all, one count of steps for all."""
        optimizer = self.deepspeed.basic_optimizer
        for group, own, rate in zip(optimizer.param_groups, groups, self.deepspeed.lr_scheduler.get_last_lr(), strict=True):
            group.update(own, lr=rate)
        for state in optimizer.state.values():
            state["step"] = state["step"].clone()

    def coming_learning_rates(self) -> dict[str, float]:
        rate = self.deepspeed.get_lr()[0]  # of the encoders, whose parameters come first
        return {"encoders": rate, "fusion": rate * self.recipe.fusion_factor, "heads": rate * self.recipe.head_factor}

    def gradient_norm(self) -> float:
        """Return the norm of the last step's whole gradient, before it was clipped."""
        return float(self.plain_norm if self.is_plain else self.deepspeed.get_global_grad_norm())

    @contextmanager
    def whole(self, parameters: Iterable[torch.nn.Parameter]) -> Iterator[None]:
        """Have these weights whole in every process, all of which must call, for as long as they are read."""
        with deepspeed.zero.GatheredParameters(list(parameters), enabled=self.recipe.zero_stage == 3):
            yield

    def loader(self, batches: Batches[Batch], numbers: list[int]) -> DataLoader[Batch]:
        return DataLoader(batches, batch_size=None, sampler=numbers, num_workers=num_loader_workers(), worker_init_fn=outlive_request)

    @torch.no_grad()
    def tallies(
        self,
        batches: Batches[Batch],
        num_batches: int,
        only: tuple[str, ...] = (),
        change: Callable[[Batch], Batch] = lambda batch: batch,
    ) -> dict[str, float]:
        """Return mean tallies over batches 0 to `num_batches` - 1, shared out between the processes; `change` alters a batch first."""
        self.deepspeed.eval()
        tallies = Tallies(self.learner.tally_names(only))
        rounds = -(-num_batches // self.num_processes)
        numbers = [self.rank + turn * self.num_processes for turn in range(rounds)]
        # Under ZeRO-3 every process takes part in every forward pass: one that has run out repeats the last batch, uncounted.
        for number, batch in zip(numbers, self.loader(batches, [min(number, num_batches - 1) for number in numbers]), strict=True):
            rows = self.deepspeed(change(batches.shown(moved(batch))), only).tallies
            if number < num_batches:
                tallies.add(rows)
        return tallies.means()

    def full_weights(self) -> dict[str, Tensor]:
        """Return the learner's weights in float32 on the CPU, gathered from every process (all of them must call)."""
        return {name: full_weight(parameter) for name, parameter in self.learner.named_parameters()}


def in_order(own: Tensor) -> Tensor:
    """Return every process's rows (micro-batches of one process, B, ...) in the order of the step's micro-batches (pairs, ...)."""
    shares = [torch.empty_like(own) for _ in range(dist.get_world_size())]
    dist.all_gather(shares, own.contiguous())
    return torch.stack(shares, dim=1).flatten(0, 2)


def skip_compiled_extension() -> None:
    """Keep DeepSpeed from compiling shared-memory collectives for a minute or two, for nothing that we use."""
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False


def full_weight(parameter: torch.nn.Parameter) -> Tensor:
    held_by_optimizer = safe_get_full_fp32_param(parameter) if has_master_copy(parameter) else None
    return (parameter if held_by_optimizer is None else held_by_optimizer).detach().float().cpu().clone()


def has_master_copy(parameter: torch.nn.Parameter) -> bool:
    """Return whether DeepSpeed keeps this weight itself: partitioned under ZeRO-3, or in float32 beside a 16-bit one."""
    return hasattr(parameter, "ds_id") or hasattr(parameter, "_hp_mapping")


def configuration(recipe: Recipe, params: DeepSpeedParams, num_processes: int, reads_universal: bool = False) -> dict[str, Any]:
    """Return DeepSpeed's configuration, built from params.yaml alone.

    Raises SystemExit where the batch cannot be shared out evenly between the processes.
    """
    num_micro_batches, rest = divmod(recipe.batch, recipe.micro_batch * num_processes)
    if rest:
        raise SystemExit(
            f"scales/<scale>.yaml: batch {recipe.batch} in micro-batches of {recipe.micro_batch} cannot be shared by "
            f"{num_processes} processes; choose micro_batch so that batch is a multiple of micro_batch x processes"
        )
    return {
        "train_batch_size": recipe.batch,
        "train_micro_batch_size_per_gpu": recipe.micro_batch,
        "gradient_accumulation_steps": num_micro_batches,
        "gradient_clipping": recipe.clip_norm,
        "zero_optimization": zero(recipe.zero_stage, params),
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,  # theirs is compiled on the spot; torch's fused AdamW steps on the host just as well
        "communication_data_type": None if params.communication == "own" else params.communication,
        "checkpoint": {"load_universal": reads_universal},
        "bf16": {"enabled": recipe.precision == "bf16", "check_grad_overflow": False},  # `Diverged` ends the run instead
        "fp16": {"enabled": recipe.precision == "fp16", "loss_scale": params.loss_scale},
        "steps_per_print": 10**9,
    }


def zero(stage: int, params: DeepSpeedParams) -> dict[str, Any]:
    """Return the configuration's `zero_optimization`."""
    offloaded = {"offload_optimizer": params.offload_optimizer, "offload_param": params.offload_parameters}
    return {
        "stage": stage,
        "reduce_bucket_size": BUCKET,
        "allgather_bucket_size": BUCKET,
        "overlap_comm": stage > 0,  # gradients travel while others are computed
        **(dict.fromkeys(GATHERED_AT_ONCE, BUCKET) if stage == 3 else {}),
        **{key: {"device": place, "pin_memory": torch.cuda.is_available()} for key, place in offloaded.items() if place != "none"},
    }
