"""`m3ae plan`: what pre-training takes of each GPU at every ZeRO stage and micro-batch, and which of them to choose.

The choice: of the micro-batches that fit at some stage the largest, for gradient accumulation costs time, and ZeRO 1 costs none; of the
stages at which it fits the lowest. Where nothing fits, what saves memory is switched on, one after the other, until something does.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from m3ae.engine.params import DeepSpeedParams
from m3ae.model.config import ModelConfig
from m3ae.model.params import SCRATCH
from m3ae.objectives.build import active, pretraining_learner
from m3ae.plan.activations import Activations, activations
from m3ae.plan.params import PlanParams
from m3ae.plan.states import Sizes, States, sizes_of, states
from m3ae.pretrain.params import PretrainParams

GB = 10**9  # bytes
FREE = 0.1  # share of the GPU left to CUDA's context, NCCL's and cuBLAS's buffers, fragments
STAGES = range(4)
SWITCHES = {"recompute": "blocks", "offload_optimizer": "cpu", "offload_parameters": "cpu"}  # in the order of what they cost


class NothingFits(SystemExit):
    """No micro-batch fits, neither as params.yaml stands nor with everything switched on."""


class Machine(NamedTuple):
    num_gpus: int
    memory: int  # bytes of each

    @property
    def usable(self) -> int:
        return int(self.memory * (1 - FREE))


class Measured(NamedTuple):
    sizes: Sizes
    activations: dict[str, Activations]  # by `deepspeed.recompute`


class Row(NamedTuple):
    zero_stage: int
    micro_batch: int
    states: States
    peak: int  # bytes


def plan(path: Path, machine: Machine, scale: str | None) -> Iterator[str]:
    """Yield the lines of the command's answer. Raises `NothingFits` after the last, `SystemExit` where the batch cannot be shared out."""
    scale, params, finetune_stage = PlanParams.at(path, scale)
    batches = micro_batches(params.pretrain.batch, machine.num_gpus)
    measured = measure(params)
    found = rows(measured, params.pretrain, params.deepspeed, machine.num_gpus, batches)
    yield from heading(scale, params, machine, measured)
    yield from table(found, machine)
    deepspeed = params.deepspeed
    for name in (None, *SWITCHES):
        if name:
            deepspeed = deepspeed.model_copy(update={name: SWITCHES[name]})
        chosen = choice(rows(measured, params.pretrain, deepspeed, machine.num_gpus, batches), machine)
        if chosen:
            yield from verdict(chosen, switched(params.deepspeed, deepspeed), params.objectives["itm"] > 0)
            yield command(scale, chosen, params.deepspeed, deepspeed, finetune_stage)
            return
    raise NothingFits(f"nothing fits, not even with {', '.join(switched(params.deepspeed, deepspeed))}; take more or larger GPUs")


def micro_batches(batch: int, num_gpus: int) -> list[int]:
    """Return the divisors of a GPU's share of the batch. Raises `SystemExit` where the batch cannot be shared out."""
    if num_gpus < 1 or batch % num_gpus:
        raise SystemExit(
            f"scales/<scale>.yaml: pretrain.batch {batch} cannot be shared by {num_gpus} GPUs; choose a batch that is a multiple of it"
        )
    share = batch // num_gpus
    return [size for size in range(1, share + 1) if share % size == 0]


def measure(params: PlanParams) -> Measured:
    """Measure the model at the sizes of params.yaml; no weights are fetched."""
    weights = active(params.objectives)
    config = ModelConfig(
        model=params.model_without_hub(),
        method=params.reconstruction(),
        objectives=tuple(weights),
        vocabulary=params.tokenizer.vocabulary,
    )
    learner = pretraining_learner(config, weights, seed=0, views=params.views)
    return Measured(sizes_of(learner, params.pretrain), activations(learner, params.model_without_hub(), params, params.pretrain.precision))


def rows(measured: Measured, recipe: PretrainParams, deepspeed: DeepSpeedParams, num_gpus: int, batches: list[int]) -> list[Row]:
    """Return a row per ZeRO stage and micro-batch, without the stages that do not go with what is offloaded."""
    found = []
    for stage in STAGES:
        if deepspeed.refusal(stage):
            continue
        for size in batches:
            held = states(measured.sizes, recipe.model_copy(update={"zero_stage": stage, "micro_batch": size}), deepspeed, num_gpus)
            found.append(Row(stage, size, held, held.peak(measured.activations[deepspeed.recompute].of(size))))
    return found


def choice(found: list[Row], machine: Machine) -> Row | None:
    """Return the largest micro-batch that fits, at the lowest stage at which it does; None where nothing fits."""
    fitting = [row for row in found if row.peak <= machine.usable]
    return max(fitting, key=lambda row: (row.micro_batch, -row.zero_stage), default=None)


def heading(scale: str, params: PlanParams, machine: Machine, measured: Measured) -> Iterator[str]:
    recipe, deepspeed, kept = params.pretrain, params.deepspeed, measured.activations[params.deepspeed.recompute]
    yield (
        f"pre-training at scale {scale} on {machine.num_gpus} GPUs of {machine.memory / GB:g} GB (10^9 bytes), GB of each: "
        f"{measured.sizes.numel / 1e6:.0f} million parameters, {recipe.batch} pairs a step, {recipe.precision}"
    )
    yield (
        f"recompute {deepspeed.recompute}, offload_optimizer {deepspeed.offload_optimizer}, "
        f"offload_parameters {deepspeed.offload_parameters}; activations {kept.a_pair / 1e6:.0f} MB a pair"
    )
    yield f"derived from the tensors' sizes, not measured on a GPU; texts at full length; {FREE:.0%} are left to CUDA, NCCL and fragments"
    if params.model.text_encoder != SCRATCH:
        tokens = f"{params.tokenizer.vocabulary:,} tokens"
        yield f"{params.model.text_encoder} was not fetched: its sizes and its {tokens} are those of the scale"


def table(found: list[Row], machine: Machine) -> Iterator[str]:
    """Yield the table of GB on each GPU, a line per micro-batch.

    `!` marks what is more than may be used, `-` a stage that params.yaml's offloading refuses.
    """
    cells = {(row.zero_stage, row.micro_batch): f"{row.peak / GB:.2f}{'!' if row.peak > machine.usable else ' '}" for row in found}
    yield "\nmicro-batch" + "".join(f"{f'ZeRO {stage}':>10} " for stage in STAGES)
    for size in sorted({row.micro_batch for row in found}):
        yield f"{size:>11}" + "".join(f"{cells.get((stage, size), '- '):>11}" for stage in STAGES)
    yield ""


def verdict(chosen: Row, switches: list[str], matches: bool) -> Iterator[str]:
    if switches:
        yield f"nothing fits as the parameters stand; with {', '.join(switches)} it does:"
    host = f", and {chosen.states.host / GB:.1f} GB of the host's memory for each" if chosen.states.host else ""
    yield f"take ZeRO {chosen.zero_stage} and micro-batches of {chosen.micro_batch}: {chosen.peak / GB:.1f} GB of each GPU{host}"
    if matches and chosen.micro_batch == 1:
        yield "but a micro-batch of one pair has no mismatch in it, and matching learns nothing; take more or larger GPUs"


def switched(before: DeepSpeedParams, after: DeepSpeedParams) -> list[str]:
    return [f"deepspeed.{name}={value}" for name, value in SWITCHES.items() if getattr(before, name) != getattr(after, name)]


def command(scale: str, chosen: Row, before: DeepSpeedParams, after: DeepSpeedParams, finetune_stage: int) -> str:
    """Return the `dvc exp run` that trains as chosen.

    Offloading goes for fine-tuning, too: recipes whose ZeRO stage does not go with it are given the chosen one.
    """
    changes = [f"pretrain.zero_stage={chosen.zero_stage}", f"pretrain.micro_batch={chosen.micro_batch}"]
    changes += [f"finetune.every_task.zero_stage={chosen.zero_stage}"] if after.refusal(finetune_stage) else []
    settings = [f"scale={scale}", *(f"scales/{scale}.yaml:{change}" for change in changes), *switched(before, after)]
    return " ".join(["dvc exp run", *(f"-S {setting}" for setting in settings)])
