"""The Python blocks of README and docs run as they stand, on a small model in the place of the trained one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.answering import write_answering, write_model
from tests.commands import ENVIRONMENT
from tests.docs.commands import Block, blocks

BLOCKS = [block for block in blocks() if block.language == "python"]
GIVEN = """
import torch
from PIL import Image

folder, image = "answering", Image.open("image.png")
pixel_values = torch.randn(1, 3, {side}, {side})
input_ids = torch.tensor([[0, 5, 6, 2]])
attention_mask = torch.ones_like(input_ids)
"""


@pytest.fixture
def place(tmp_path: Path, config) -> Path:
    """A folder with what the blocks name: a pre-trained model, a fine-tuned one and an image."""
    write_model(tmp_path / "data" / "pretrain", config)
    write_answering(tmp_path / "answering", config)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50), np.uint8)).save(tmp_path / "image.png")
    return tmp_path


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.page} {block.text.split()[1]}")
def test_a_block_runs(block: Block, place: Path, config):
    given = GIVEN.format(side=config.model.image_px)
    environment = {**ENVIRONMENT, "HF_MODULES_CACHE": str(place / "modules"), "HF_HUB_OFFLINE": "1"}
    ran = subprocess.run([sys.executable, "-c", given + block.text], cwd=place, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_there_are_blocks():
    assert len(BLOCKS) >= 3
