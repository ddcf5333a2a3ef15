"""What the parameters say about fine-tuning: one recipe a task."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from m3ae.engine.params import OPTIMIZER, Recipe
from m3ae.kinds import kind_of
from m3ae.params import SCALE, TASK, Count
from m3ae.tasks import TaskName

EVERY_TASK = "every_task"  # the block of what all tasks share at a scale


class FinetuneParams(Recipe):
    """`smallest_crop` 1 = no augmentation, whatever the `crop`; `choose_by` is read by retrieval alone, `head_start` by what answers."""

    places: ClassVar = (OPTIMIZER, "finetune", f"{SCALE}finetune.{EVERY_TASK}", f"{SCALE}finetune.{TASK}")
    epochs: Count
    image_px: Annotated[int, Field(ge=16)]
    text_tokens: Annotated[int, Field(ge=8)]
    smallest_crop: Annotated[float, Field(gt=0, le=1)]
    crop: Literal["square", "stretched"]
    head_start: Literal["drawn", "whitened"]
    choose_by: Literal["choices", "recall"]


class RetrievalParams(FinetuneParams):
    """`num_others`: how many other texts an image's own competes with."""

    num_others: Annotated[int, Field(ge=1)]


def recipe_of(task: TaskName) -> type[FinetuneParams]:
    """Return the parameters' class of a task: its kind's own, where that reads more than all tasks do."""
    return kind_of(task).load("recipe")
