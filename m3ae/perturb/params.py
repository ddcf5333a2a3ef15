"""What params.yaml says of perturbations."""

from typing import Literal

GridName = Literal["none", "small", "full"]
