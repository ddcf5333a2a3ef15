"""Run by test_engine.py under torchrun: what saves memory or traffic, against the same steps without it.

Writes {case: losses} as JSON to the path given.
"""

import json
import sys
from pathlib import Path

from m3ae.engine.processes import is_first, join
from tests.workers.zero_stages import losses, new_engine

STEPS = 4
CASES = {
    "plain": (0, {}),
    "recompute at 0": (0, {"recompute": "blocks"}),
    "recompute at 3": (3, {"recompute": "blocks"}),
    "optimiser offloaded at 2": (2, {"offload_optimizer": "cpu"}),
    "optimiser offloaded at 3": (3, {"offload_optimizer": "cpu"}),
    "all offloaded at 3": (3, {"offload_optimizer": "cpu", "offload_parameters": "cpu"}),
    "fp32 communication at 2": (2, {"communication": "fp32"}),
    "bf16 communication at 0": (0, {"communication": "bf16"}),
    "bf16 communication at 2": (2, {"communication": "bf16"}),
    "bf16 communication at 3": (3, {"communication": "bf16"}),
}


def main() -> None:
    join()
    found = {name: losses(new_engine(stage, **changed), 0, STEPS) for name, (stage, changed) in CASES.items()}
    if is_first():
        Path(sys.argv[1]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
