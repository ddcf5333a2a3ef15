"""What autograd keeps for the backward pass of a micro-batch, measured: one forward pass of the real learner, on the CPU.

Counted are the bytes of all storages that autograd saves, each once, without the parameters and the batch; logits and what the losses
save are among them. A GPU keeps other things than a CPU in two places; counted is what the GPU would keep:

- dropout keeps a byte an element (torch.native_dropout), where the CPU keeps its factors in the model's own type;
- attention keeps queries, keys, values, its result and one number per row. The CPU's fused kernel does so, too, but takes no dropout; with
  dropout it saves L x L matrices. So dropout within attention is off here; that on hidden states stays on.

With activation checkpointing, what the largest block saves is added: it is there while the backward pass is in that block. The gradients
that flow back are not counted: where they were measured, a fifth of a block. fp16 is measured as bf16, which is as wide.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers.models.bert.modeling_bert import BertSelfAttention
from transformers.models.roberta.modeling_roberta import RobertaSelfAttention

from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.engine.recompute import BLOCKS, recompute_blocks
from m3ae.method import Method
from m3ae.model.fusion import Attention
from m3ae.model.params import ModelParams
from m3ae.objectives.learner import Learner

FEW, MORE = 2, 4  # pairs; even, for half of them may be shown an image from outside the batch
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.bfloat16}


class Activations(NamedTuple):
    """Bytes that a micro-batch keeps: a fixed part, and a part for each pair."""

    fixed: int
    a_pair: int

    def of(self, num_pairs: int) -> int:
        return self.fixed + self.a_pair * num_pairs


def activations(learner: Learner, model: ModelParams, method: Method, precision: str) -> dict[str, Activations]:
    """Measure what a micro-batch keeps, by `deepspeed.recompute`. The learner is of no use for training afterwards."""
    learner.to(DTYPES[precision]).train()
    keep_as_a_gpu_does(learner)
    vocabulary = learner.backbone.text.vocabulary
    batches = [synthetic_pairs(number, model, method, vocabulary) for number in (FEW, MORE)]  # texts of full length
    plain = [saved_by(learner, batch) for batch in batches]
    recompute_blocks(learner)
    again = [saved_by(learner, batch)[0] for batch in batches]
    return {
        "none": line([total for total, _ in plain]),
        "blocks": line([total + largest for total, (_, largest) in zip(again, plain, strict=True)]),
    }


def line(found: list[int]) -> Activations:
    """Fit a line through the bytes found for `FEW` and for `MORE` pairs."""
    a_pair = (found[1] - found[0]) // (MORE - FEW)
    return Activations(found[0] - FEW * a_pair, a_pair)


def keep_as_a_gpu_does(model: nn.Module) -> None:
    """Make `model` keep in training what a GPU would keep; see the module's docstring."""
    for module in model.modules():
        if isinstance(module, Attention):
            module.attention_dropout = 0.0
        elif isinstance(module, BertSelfAttention | RobertaSelfAttention):
            module.dropout.p = 0.0
        elif isinstance(module, nn.Dropout) and module.p > 0:
            module.forward = partial(fused_dropout, share=module.p)  # type: ignore[method-assign]  # torch has no other way


def fused_dropout(tokens: Tensor, share: float) -> Tensor:
    return torch.native_dropout(tokens, share, True)[0]


def saved_by(learner: Learner, batch: PairBatch) -> tuple[int, int]:
    """Return the bytes that a forward pass saves, and those of the block that saves most."""
    ledger = Ledger([*learner.parameters(), *(part for part in batch if part is not None)])
    with ledger.open(), ledger.by_block(learner):
        learner(batch)
    return ledger.num_bytes, max(ledger.blocks)


class Ledger:
    """Storages that autograd saves, each counted once; those of `others` are not counted."""

    def __init__(self, others: list[Tensor]):
        self.storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage() for tensor in others}
        self.num_bytes = 0
        self.blocks: list[int] = []

    def open(self) -> torch.autograd.graph.saved_tensors_hooks:
        return torch.autograd.graph.saved_tensors_hooks(self.enter, lambda tensor: tensor)

    def enter(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self.storages:
            self.storages[storage.data_ptr()] = storage  # held, so that no other storage gets its address
            self.num_bytes += storage.nbytes()
        return tensor

    @contextmanager
    def by_block(self, learner: Learner) -> Iterator[None]:
        """Fill `blocks` with the bytes that each forward pass through a block adds."""
        before: list[int] = []
        hooks = [
            hook
            for module in learner.modules()
            if isinstance(module, BLOCKS)
            for hook in (
                module.register_forward_pre_hook(lambda *_: before.append(self.num_bytes)),
                module.register_forward_hook(lambda *_: self.blocks.append(self.num_bytes - before.pop())),
            )
        ]
        yield
        for hook in hooks:
            hook.remove()
