"""The recipes of pre-training: one entry each. `recipe` in params.yaml names one of them.

Entries name their classes, as a package's entry points do, so that `check` can ask for the names without loading torch.
"""

from typing import NamedTuple

from m3ae.recipes.params import RecipeParams, RobustMMRParams, SemMIMParams, TwoStageParams


class Entry(NamedTuple):
    title: str  # what its models are called
    recipe: str  # its class
    params: type[RecipeParams]


RECIPES = {
    "m3ae": Entry("M3AE", "m3ae.recipes.base:PretrainingRecipe", RecipeParams),
    "robust_mmr": Entry(
        "M3AE by our reading of Robust-MMR (arXiv 2602.17689), which claims no number of that paper",
        "m3ae.recipes.robust_mmr:RobustMMR",
        RobustMMRParams,
    ),
    "semmim": Entry(
        "M3AE by our reading of SemMIM (arXiv 2403.00249), which claims no number of that paper",
        "m3ae.recipes.semmim:SemMIM",
        SemMIMParams,
    ),
    "two_stage": Entry(
        "M3AE by our reading of two-stage pre-training with contrastive masked autoencoders (arXiv 2408.02245), "
        "which claims no number of that paper",
        "m3ae.recipes.two_stage:TwoStage",
        TwoStageParams,
    ),
}
