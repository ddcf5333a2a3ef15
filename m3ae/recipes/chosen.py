"""The method with the recipe that params.yaml names."""

from pathlib import Path
from typing import Any, Self

from pydantic import SerializeAsAny, model_validator

from m3ae.method import Method
from m3ae.params import ParamsError, Section, load, meant
from m3ae.recipes.params import RecipeParams
from m3ae.recipes.registry import RECIPES


class RecipeMethod(Method):
    """The method, and the recipe by which it is trained."""

    recipe: str
    recipe_params: SerializeAsAny[RecipeParams]

    @model_validator(mode="after")
    def goes_with_the_objectives(self) -> Self:
        if refusal := self.recipe_params.refusal(self.objectives):
            raise ValueError(refusal)
        return self

    @classmethod
    def read(cls, path: Path, task: str = "", scale: str | None = None, **kinds: type[Section]) -> Self:
        """Read the parameters, of the recipes' own the chosen one's alone. Raises `ParamsError` where there is no such recipe, too."""
        chosen, known = load(path).get("recipe"), list(RECIPES)
        if chosen not in RECIPES:
            raise ParamsError(f"{path}: recipe = {chosen!r} is not known{meant(str(chosen), known)}; known: {', '.join(known)}")
        kinds_read: dict[str, Any] = {"recipe_params": RECIPES[chosen].params, **kinds}
        return super().read(path, task, scale, **kinds_read)
