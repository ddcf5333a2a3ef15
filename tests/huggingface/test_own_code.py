"""A model folder where this package is not installed."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit
from transformers import AutoModelForVisualQuestionAnswering, AutoProcessor

import m3ae.hub  # noqa: F401
from m3ae.huggingface.bundle import bundled
from m3ae.huggingface.own_code import CODE
from m3ae.prepare import at_hand
from tests.answering import write_answering, write_images, write_model
from tests.prepare.test_dicom import compressed

ALONE = """
import sys

sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
for absent in ("m3ae", "simplejpeg", "cv2", "pydicom", "dvc", "deepspeed", "pyarrow"):
    sys.modules[absent] = None  # an import of it raises ImportError

import torch
from transformers import AutoImageProcessor, AutoModel, AutoModelForVisualQuestionAnswering, AutoProcessor

folder, image, question, out = sys.argv[1:]
trusted = {"trust_remote_code": True}
processor = AutoProcessor.from_pretrained(folder, **trusted)
read = processor([image], [question])
model = AutoModelForVisualQuestionAnswering.from_pretrained(folder, **trusted)
with torch.no_grad():
    logits = model(**read).logits
    assert torch.equal(logits, AutoModel.from_pretrained(folder, **trusted)(**read).logits)
assert torch.equal(AutoImageProcessor.from_pretrained(folder, **trusted)(image)["pixel_values"], read["pixel_values"])
torch.save((logits, model.config.id2label), out)
model.save_pretrained(out + ".again")
"""


@pytest.fixture
def folder(tmp_path, config) -> Path:
    return write_answering(tmp_path / "model", config)


def test_a_folder_copied_alone_gives_the_same_scores_and_names_them(folder, tmp_path):
    [image] = write_images(tmp_path / "images", 1)
    elsewhere = folder.rename(tmp_path / "copied-alone-0")
    environment = {"HF_MODULES_CACHE": str(tmp_path / "modules"), "HF_HUB_OFFLINE": "1", "HOME": str(tmp_path), "PATH": ""}
    command = [sys.executable, "-c", ALONE, str(elsewhere), str(image), "is there an effusion", str(tmp_path / "said.pt")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    logits, labels = torch.load(tmp_path / "said.pt")
    model, processor = (auto.from_pretrained(elsewhere) for auto in (AutoModelForVisualQuestionAnswering, AutoProcessor))
    with torch.no_grad():
        expected = model(**processor([image], ["is there an effusion"])).logits
    assert torch.allclose(logits, expected, atol=1e-5) and labels == {0: "yes", 1: "no", 2: "left lung"}
    assert (tmp_path / "said.pt.again" / CODE).read_text() == bundled()


def test_the_code_is_the_same_every_time_and_asks_for_no_module_of_the_package():
    text = bundled()
    assert text == bundled()
    assert not [line for line in text.splitlines() if line.strip().startswith(("from m3ae", "import m3ae"))]
    compile(text, CODE, "exec")


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless])
def test_the_code_reads_a_compressed_dicom_as_the_package_does(syntax, tmp_path, monkeypatch):
    (tmp_path / "image.dcm").write_bytes(compressed(syntax))
    monkeypatch.setitem(sys.modules, "bundled", ModuleType("bundled"))
    exec(bundled(), sys.modules["bundled"].__dict__)
    read = [module.from_path(tmp_path / "image.dcm", 10_000, "voi") for module in (sys.modules["bundled"], at_hand)]
    assert read[0].tobytes() == read[1].tobytes() and read[0].getextrema()[1] > 200


def test_the_files_of_a_folder_name_the_classes(folder):
    maps = [json.loads((folder / name).read_text())["auto_map"] for name in ("config.json", "processor_config.json")]
    assert maps[0]["AutoModel"] == "modeling_m3ae.M3AEModel" and maps[1] == {"AutoProcessor": "modeling_m3ae.M3AEProcessor"}


def test_a_pre_trained_folder_gives_no_answers(tmp_path, config):
    with pytest.raises(ValueError, match="gives no answers"):
        AutoModelForVisualQuestionAnswering.from_pretrained(write_model(tmp_path / "model", config))
