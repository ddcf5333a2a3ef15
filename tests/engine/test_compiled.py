import pytest
import torch

from m3ae.batches.pairs import PairBatch
from m3ae.batches.synthetic import synthetic_pairs
from m3ae.engine.compiled import compile_parts
from m3ae.objectives.build import pretraining_learner
from tests import tiny

pytestmark = pytest.mark.filterwarnings("default")  # the compiler reads what torch warns of, and turns the warning into an error of its own
MODEL = tiny.model(depth=1)


def batch(num_tokens: int = tiny.NUM_TOKENS) -> PairBatch:
    return synthetic_pairs(4, MODEL, tiny.METHOD, tiny.VOCABULARY, torch.full((4,), num_tokens), seed=num_tokens)


def trained(how: str, backend: str) -> list[float]:
    """Return the loss and the norm of its gradient, of two batches of different lengths."""
    learner = pretraining_learner(tiny.config(MODEL), tiny.ALL_ON, seed=0)
    compile_parts(learner, how, backend)
    found = []
    for num_tokens in (9, 7):
        learner.zero_grad()
        loss = learner(batch(num_tokens)).value
        loss.backward()
        norm = torch.nn.utils.get_total_norm([part.grad for part in learner.parameters() if part.grad is not None])
        found += [loss.item(), norm.item()]
    return found


@pytest.fixture(autouse=True)
def nothing_compiled():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


@pytest.mark.parametrize("how", ["blocks", "whole"])
def test_the_graphs_are_whole_and_compute_what_the_modules_do(how):
    assert trained(how, "eager") == pytest.approx(trained("none", "eager"), rel=1e-6)  # a break in a graph would be an error
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] > 0


def test_compiled_kernels_have_the_losses_and_gradients_of_torch_s_own():
    assert trained("blocks", "inductor") == pytest.approx(trained("none", "inductor"), rel=1e-5)


def test_what_would_break_a_graph_is_an_error():
    class Waiting(torch.nn.Module):
        def forward(self, values):
            return values if values.sum().item() > 0 else -values  # the host waits for the number

    module = Waiting()
    compile_parts(module, "whole", "eager")
    with pytest.raises(torch._dynamo.exc.TorchDynamoException):
        module(torch.ones(2))


def test_zero_3_is_refused_beside_compiled_kernels():
    assert tiny.recipe(compile="blocks", zero_stage=2).compile == "blocks"
    with pytest.raises(ValueError, match="compile blocks needs zero_stage 0 to 2"):
        tiny.recipe(compile="blocks", zero_stage=3)


def test_a_whole_graph_is_refused_where_hardly_two_batches_have_one_shape():
    assert tiny.recipe(compile="whole", pad_to=8).pad_to == 8 and tiny.recipe(compile="blocks", pad_to=1).pad_to == 1
    with pytest.raises(ValueError, match="compile whole needs pad_to 8 or more"):
        tiny.recipe(compile="whole", pad_to=1)
