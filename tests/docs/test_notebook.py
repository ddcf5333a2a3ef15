"""docs/look.ipynb runs, on small models in the place of the trained ones, and its outputs are those of a whole run."""

import json
import subprocess
import sys
from pathlib import Path

from tests.answering import write_answering, write_images, write_model
from tests.commands import ENVIRONMENT
from tests.docs.commands import ROOT

NOTEBOOK = json.loads((ROOT / "docs/look.ipynb").read_text())
CODE = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def test_its_cells_run_one_after_the_other(tmp_path: Path, config):
    (tmp_path / "params.yaml").touch()
    write_model(tmp_path / "data/pretrain", config)
    write_answering(tmp_path / "data/finetune/vqa_rad-0", config)
    [image] = write_images(tmp_path / "data/releases/vqa_rad/images", 1)
    image.rename(image.with_name("synpic10261.jpg"))
    (tmp_path / "docs").mkdir()
    ran = subprocess.run([sys.executable, "-c", "\n".join(CODE)], cwd=tmp_path / "docs", env=ENVIRONMENT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("%") >= 4 and (tmp_path / "data/live/attention.png").is_file()


def test_every_cell_but_the_first_shows_what_it_gave():
    assert [bool(cell["outputs"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"] == [False, True, True, True, True]
