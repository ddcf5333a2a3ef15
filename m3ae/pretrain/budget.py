"""How many steps a stage of pre-training has, where two stages share what M3AE's steps would compute."""

from m3ae.batches.pairs import PairBatch
from m3ae.model.config import ModelConfig
from m3ae.objectives.build import active, pretraining_learner
from m3ae.objectives.learner import Learner
from m3ae.pretrain.params import Params
from m3ae.pretrain.speed import operations, operations_a_pair
from m3ae.recipes.base import PretrainingRecipe


def num_steps(params: Params, recipe: PretrainingRecipe, config: ModelConfig, learner: Learner, batch: PairBatch) -> int:
    """Return as many steps as compute the recipe's share of what M3AE would on as many as params.yaml says; counted are a few pairs'.

    They are counted, not timed: the number depends on parameters and data alone.
    """
    if recipe.compute is None:
        return params.pretrain.steps
    objectives = active(params.objectives)
    alike = config.model_copy(update={"objectives": tuple(objectives)})
    m3ae = operations_a_pair(pretraining_learner(alike, objectives, params.seed, views=params.views), batch)
    besides = operations(lambda: recipe.seen(batch)) / len(batch.text_ids)  # which has no backward pass
    return max(1, round(recipe.compute * params.pretrain.steps * m3ae / (operations_a_pair(learner, batch) + besides)))
