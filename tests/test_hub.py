import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoProcessor, BertConfig, BertModel

from m3ae.batches.images import to_tensor
from m3ae.batches.tokenizer import train
from m3ae.hub import M3AEModel
from m3ae.model.config import load_config
from m3ae.model.folder import load_weights, save_model
from m3ae.model.params import ModelParams
from m3ae.model.vision_by_name import architecture
from m3ae.objectives.base import View
from m3ae.objectives.build import fill, pretraining_learner
from m3ae.objectives.saved import saved_learner
from m3ae.prepare.images import UnusableImage, load, resized

ANSWER = """
import sys

import numpy as np
import torch
from PIL import Image
from transformers import AutoModel, AutoProcessor

import m3ae.hub

folder = sys.argv[1]
model, processor = AutoModel.from_pretrained(folder), AutoProcessor.from_pretrained(folder)
image = Image.fromarray(np.arange(40 * 50, dtype=np.uint8).reshape(40, 50))
with torch.no_grad():
    said = model(**processor([image, image], ["a mass", "no lesion in the left lung"]))
assert said.pooled.shape == (2, 32) and said.logits.shape == (2, 2) and not model.training
assert not {"dvc", "deepspeed"} & sys.modules.keys()
torch.save((said.pooled, said.logits), sys.argv[2])
"""


@pytest.fixture
def folder(tmp_path, config) -> Path:
    words = train(["a mass in the left lung", "no lesion"], 300)
    words.save_pretrained(tmp_path / "words")
    larger = config.model_copy(update={"vocabulary": len(words)})
    weights = pretraining_learner(larger, dict.fromkeys(config.objectives, 1.0), seed=3).state_dict()
    save_model(tmp_path / "model", larger, weights, tmp_path / "words", "", {"stored_px": 48})
    return tmp_path / "model"


@pytest.fixture
def film(tmp_path) -> Path:
    """A radiograph of 12 bits in a PNG of 16."""
    levels = np.random.default_rng(0).integers(0, 4096, (70, 90)).astype(np.uint16)
    Image.fromarray(levels).save(tmp_path / "film.png")
    return tmp_path / "film.png"


def test_a_processor_makes_of_an_image_what_training_makes_of_its_file(folder, film):
    processor = AutoProcessor.from_pretrained(folder)
    trained = to_tensor(resized(load(film, film.parent, 10_000), 48), 32)  # stored at 48 px, read at 32
    with Image.open(film) as opened:
        for image in (film, str(film), opened, np.asarray(Image.open(film))):
            assert torch.equal(processor([image, image], ["a mass", "no lesion"])["pixel_values"][1], trained)
    assert not torch.equal(to_tensor(resized(load(film, film.parent, 10_000), 32), 32), trained)


def test_a_processor_takes_one_image_alone_one_text_alone_and_names_an_image_that_cannot_be_used(folder, film):
    processor = AutoProcessor.from_pretrained(folder)
    assert processor(film).keys() == {"pixel_values"} and processor(images=film)["pixel_values"].shape == (1, 3, 32, 32)
    assert processor(text="a mass").keys() == {"input_ids", "attention_mask"}
    assert len(processor(film, "a mass")["input_ids"]) == len(processor([film], ["a mass"])["input_ids"]) == 1
    film.write_bytes(film.read_bytes()[:500])
    with pytest.raises(UnusableImage, match="^image 1: truncated image$"):
        processor([np.zeros((9, 9), np.uint8), film], ["a mass", "no lesion"])


def test_how_images_were_stored_stays_with_a_processor_that_is_saved_again(folder, tmp_path):
    AutoProcessor.from_pretrained(folder, dicom_window="full").save_pretrained(tmp_path / "again")
    again = AutoProcessor.from_pretrained(tmp_path / "again")
    assert (again.stored_px, again.image_px, again.text_tokens, again.dicom_window) == (
        48,
        32,
        AutoProcessor.from_pretrained(folder).text_tokens,
        "full",
    )


def test_an_older_folder_whose_processor_names_no_stored_size_reads_at_its_own(folder):
    path = folder / "processor_config.json"
    content = json.loads(path.read_text())
    del content["stored_px"]
    path.write_text(json.dumps(content))
    assert AutoProcessor.from_pretrained(folder).stored_px == 32


def test_auto_classes_answer_without_dvc_and_deepspeed(folder, tmp_path):
    subprocess.run([sys.executable, "-c", ANSWER, str(folder), str(tmp_path / "said.pt")], check=True, timeout=300)
    pooled, logits = torch.load(tmp_path / "said.pt")
    assert torch.isfinite(pooled).all() and torch.isfinite(logits).all()


@pytest.mark.parametrize(
    ("objectives", "changes"),
    [
        (
            ("mlm", "itm"),
            {
                "vision_encoder": "swin_tiny_patch4_window7_224",
                "vision_width": 768,
                "vision_depth": 12,
                "vision_heads": 24,
                "patch_px": 32,
                "image_px": 64,
            },
        ),
        (
            ("mlm", "mim", "itm"),
            {
                "vision_encoder": "vit_tiny_patch16_224",
                "vision_width": 192,
                "vision_depth": 11,
                "vision_heads": 3,
                "patch_px": 16,
                "image_px": 64,
            },
        ),
    ],
)
def test_what_no_file_holds_is_there_after_loading(tmp_path, config, batch, objectives, changes):
    bert = BertConfig(vocab_size=40, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    BertModel(bert).save_pretrained(tmp_path)
    model = ModelParams(**{**config.model.model_dump(), **changes, "text_encoder": str(tmp_path)})
    named = config.model_copy(update={"model": model, "objectives": objectives})
    learner = pretraining_learner(named, dict.fromkeys(objectives, 1.0), seed=0).eval()
    described = {"vision": architecture(model.vision_encoder), "text": learner.backbone.text.transformer.config.to_diff_dict()}
    save_model(tmp_path / "model", named.model_copy(update=described), learner.state_dict(), tmp_path, "")
    loaded, images = M3AEModel.from_pretrained(tmp_path / "model"), torch.randn(4, 3, 64, 64)
    assert all(torch.equal(buffer, dict(learner.named_buffers())[name]) for name, buffer in loaded.named_buffers())
    with torch.no_grad():
        seen = learner.encode(batch._replace(images=images), {View.TEXT, View.IMAGE})
        expected = learner.objectives["itm"].scores(learner.backbone.fusion, seen[View.TEXT], batch.text_mask, seen[View.IMAGE])
        assert torch.allclose(loaded(images, batch.text_ids, batch.text_mask).logits, expected, atol=1e-5)


def test_a_model_gives_what_the_learner_gives_and_is_saved_bit_for_bit(folder, tmp_path, batch):
    model = M3AEModel.from_pretrained(folder)
    learner = saved_learner(load_config(folder)).eval()
    fill(learner, load_weights(folder))
    seen = learner.encode(batch, {View.TEXT, View.IMAGE})
    expected = learner.objectives["itm"].scores(learner.backbone.fusion, seen[View.TEXT], batch.text_mask, seen[View.IMAGE])
    assert torch.allclose(model(batch.images, batch.text_ids, batch.text_mask).logits, expected, atol=1e-5)

    model.save_pretrained(tmp_path / "again")
    before, after = load_weights(folder), load_weights(tmp_path / "again")
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
    assert load_config(tmp_path / "again") == load_config(folder)
