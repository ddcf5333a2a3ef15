"""Which perturbations a model is tested under."""

from typing import NamedTuple, Self

from m3ae.perturb.images import IMAGE_OPERATORS
from m3ae.perturb.params import GridName
from m3ae.perturb.texts import TEXT_OPERATORS

SEVERITIES = (1, 2, 3, 4, 5)
MISSING = {"missing_image": ("image",), "missing_text": ("text",), "missing_either": ("image", "text")}
SHARES = (30, 50, 70, 100)  # percent of the items that miss it (missing_aware_prompts, Lee et al., 2023)


class Condition(NamedTuple):
    """An operator's name, and its severity of 1 to 5 or, where something is missing, the percent of items that miss it."""

    operator: str
    level: int

    def __str__(self) -> str:
        return f"{self.operator}-{self.level}"

    @classmethod
    def of(cls, text: str) -> Self:
        operator, _, level = text.rpartition("-")
        return cls(operator, int(level))

    @property
    def family(self) -> str:
        if self.operator in MISSING:
            return "missing"
        return "image" if self.operator in IMAGE_OPERATORS else "text"


class Grid(NamedTuple):
    """Conditions, and whether retrieval is tested under them, too: each of them ranks every image with every text again."""

    conditions: tuple[Condition, ...]
    ranks: bool


SMALL = (
    *(Condition(name, 3) for name in ("gaussian_noise", "gaussian_blur", "gamma_up", "keyboard", "synonym")),
    Condition("missing_image", 100),
    Condition("missing_text", 100),
)
FULL = (
    *(Condition(name, severity) for name in (*IMAGE_OPERATORS, *TEXT_OPERATORS) for severity in SEVERITIES),
    *(Condition(name, share) for name in MISSING for share in SHARES),
)
GRIDS: dict[GridName, Grid] = {"none": Grid((), False), "small": Grid(SMALL, False), "full": Grid(FULL, True)}
