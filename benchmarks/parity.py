"""Our model against the numbers that the authors' code recorded for a small random one: python benchmarks/parity.py PREFIX.

Exit status 1 if a row fails; a row is a recorded tensor, or the norm of a recorded gradient.

A recording is `PREFIX.json` (sizes, gradient norms), `PREFIX.safetensors` (inputs and outputs) and four checkpoints. All of it
goes through the encoders and objectives that training uses. Shapes: B pairs, L text tokens, N patches, C choices.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor

from m3ae.authors.convert import authors_names, converted
from m3ae.authors.files import read
from m3ae.authors.sizes import model_config
from m3ae.batches.choices import ChoiceBatch
from m3ae.batches.masking import NO_LABEL, asked, num_kept
from m3ae.batches.pairs import PairBatch
from m3ae.batches.tasks import TaskBatch
from m3ae.model.config import ModelConfig
from m3ae.objectives.base import View
from m3ae.objectives.build import fill
from m3ae.objectives.learner import Learner
from m3ae.objectives.mim import normalised, patches
from m3ae.objectives.saved import saved_learner

POSITIONS = "backbone.vision.positions"
TOLERANCE, GRADIENT_TOLERANCE = 1e-5, 1e-3  # absolute; relative to the recorded norm
NO_GRADIENT = 1e-6  # recorded norms below this are rounding around 0, and are held to TOLERANCE
INPUTS = {
    "image",
    "false_image",
    "text_ids",
    "text_masks",
    "text_ids_mlm",
    "text_labels_mlm",
    "mim_noise",
    "itm_labels",
    "vqa_image",
    "vqa_targets",
    "cls_image",
    "cls_labels",
    "irtr_image",
    "irtr_false_shift_count",
}


class Row(NamedTuple):
    name: str
    difference: float  # largest absolute difference; relative for gradient norms; infinite where ours is missing or misshapen
    passes: bool


class Recording(NamedTuple):
    prefix: Path
    tensors: dict[str, Tensor]
    settings: dict  # of PREFIX.json

    def learner(self, suffix: str = "") -> tuple[Learner, dict[str, str]]:
        """The model of one checkpoint, in evaluation mode, and the authors' names of its weights.

        A fine-tuned model's positions are those of the pre-trained one, resized by our own code to its images' size.
        """
        config, weights = self.checkpoint(suffix)
        if suffix:
            weights[POSITIONS] = self.checkpoint("")[1][POSITIONS]
        learner = saved_learner(config)
        fill(learner, weights)
        return learner.eval(), authors_names(learner.state_dict(), config)

    def checkpoint(self, suffix: str) -> tuple[ModelConfig, dict[str, Tensor]]:
        path = Path(f"{self.prefix}{suffix}.ckpt")
        file = read(path)
        config = model_config(file, path)
        return config, converted(file.weights, config, path)[0]


def open_recording(prefix: Path) -> Recording:
    """Raises SystemExit where a file of the recording is missing."""
    try:
        return Recording(prefix, load_file(f"{prefix}.safetensors"), json.loads(Path(f"{prefix}.json").read_text(encoding="utf-8")))
    except OSError as error:
        raise SystemExit(f"{prefix}: no recording ({error}); give the start that its files' names share") from None


def compare(prefix: Path) -> list[Row]:
    """A row for every recorded output and for the gradient norm of every recorded parameter."""
    recording = open_recording(prefix)
    ours: dict[str, Tensor] = {}
    norms = pretraining(recording, ours)
    with torch.no_grad():
        answering(recording, ours)
        retrieval(recording, ours)
    outputs = sorted(recording.tensors.keys() - INPUTS)
    return [tensor_row(name, ours.get(name), recording.tensors[name]) for name in outputs] + [
        norm_row(name, norms.get(name), expected) for name, expected in sorted(recording.settings["grad_norms"].items())
    ]


def tensor_row(name: str, ours: Tensor | None, theirs: Tensor) -> Row:
    if ours is None or ours.shape != theirs.shape:
        return Row(name, torch.inf, False)
    difference = (ours - theirs).abs().max().item()
    return Row(name, difference, difference <= TOLERANCE)


def norm_row(name: str, ours: float | None, theirs: float) -> Row:
    if ours is None:
        return Row(f"gradient of {name}", torch.inf, False)
    if theirs < NO_GRADIENT:
        return Row(f"gradient of {name}", abs(ours - theirs), abs(ours - theirs) <= TOLERANCE)
    difference = abs(ours - theirs) / theirs
    return Row(f"gradient of {name}", difference, difference <= GRADIENT_TOLERANCE)


def pretraining(recording: Recording, ours: dict[str, Tensor]) -> dict[str, float]:
    """Fills in all that is recorded of pre-training; returns the norm of each parameter's gradient, by the authors' names."""
    learner, names = recording.learner()
    batch = pair_batch(recording.tensors, mask_ratio=recording.settings["config"]["mim_prob"])
    seen = learner.encode(batch, set(View))
    fusion, objectives = learner.backbone.fusion, learner.objectives
    losses = {name: objectives[name](fusion, seen, batch) for name in ("mlm", "mim", "itm")}
    torch.stack([loss.value for loss in losses.values()]).sum().backward()
    with torch.no_grad():
        ours |= {f"{name}_loss": loss.value for name, loss in losses.items()}
        ours |= {
            "mlm_logits_at_labels": objectives["mlm"].logits(fusion, seen, batch)[batch.word_labels != NO_LABEL],
            "itm_logits": objectives["itm"].logits(fusion, seen, batch),
            "mim_logits": objectives["mim"].reconstruct(fusion, seen, batch),
            "mim_labels": normalised(patches(batch.images, objectives["mim"].patch_px)),
        }
        ours |= features(learner, batch, seen)
    trained = [(name, weight.grad) for name, weight in learner.named_parameters() if weight.grad is not None]
    return {names.get(name, name): gradient.norm().item() for name, gradient in trained}


def pair_batch(recorded: dict[str, Tensor], mask_ratio: float) -> PairBatch:
    """The recorded inputs; the negatives are given, and come after the pairs' own images."""
    order = recorded["mim_noise"].argsort(dim=1)
    num_pairs = len(order)
    hidden = recorded["text_labels_mlm"] != NO_LABEL
    return PairBatch(
        recorded["text_ids"],
        recorded["text_masks"],
        recorded["text_ids_mlm"],
        *asked(recorded["text_labels_mlm"], hidden),
        hidden.sum().float(),
        recorded["image"],
        order,
        order[:, : num_kept(order.shape[1], mask_ratio)],
        torch.arange(num_pairs, 2 * num_pairs),
        recorded["itm_labels"].long(),
        recorded["false_image"],
    )


def features(learner: Learner, batch: PairBatch, seen: dict[View, Tensor]) -> dict[str, Tensor]:
    """Of both encoders, of the fusion, and the pair's; and what the last text layer reads of the image."""
    fusion, mask = learner.backbone.fusion, batch.text_mask.bool()
    fused = fusion(seen[View.TEXT], mask, seen[View.IMAGE])
    last = fusion.text_layers[-1]
    before = fusion(seen[View.TEXT], mask, seen[View.IMAGE], len(fusion.text_layers) - 1)
    return {
        "vision_encoder_out": learner.backbone.vision(batch.images),
        "language_encoder_out": learner.backbone.text(batch.text_ids, batch.text_mask),
        "text_feats": fused.text,
        "image_feats": fused.image,
        "cls_feats": fusion.pooled(fused),
        "last_text2image_crossattn": last.cross.weights(last.own(before.text, before.text, mask), before.image, None),
    }


def answering(recording: Recording, ours: dict[str, Tensor]) -> None:
    """Both labelling heads, at the other image size."""
    given = recording.tensors
    num_classes = given["cls_logits"].shape[1]
    targets = {"vqa": given["vqa_targets"], "cls": torch.nn.functional.one_hot(given["cls_labels"], num_classes).float()}
    for name, wanted in targets.items():
        learner, _ = recording.learner(f"_{name}")
        batch = TaskBatch(given["text_ids"], given["text_masks"], given[f"{name}_image"], wanted)
        head, fusion = next(iter(learner.objectives.values())), learner.backbone.fusion
        seen = learner.encode(batch, set(head.views))
        ours |= {f"{name}_logits": head.logits(fusion, seen, batch), f"{name}_loss": head(fusion, seen, batch).value}


def retrieval(recording: Recording, ours: dict[str, Tensor]) -> None:
    """The score of every image with every text, and the loss over an image's own text and those before it."""
    given = recording.tensors
    learner, _ = recording.learner("_irtr")
    fusion, head = learner.backbone.fusion, learner.objectives["retrieval"]
    num_images = len(given["irtr_image"])
    every = choices(given, num_images - 1)
    seen = learner.encode(every, set(head.views))
    image = seen[View.IMAGE].repeat_interleave(num_images, dim=0)
    rolled = head.scores(fusion, seen[View.TEXT], every.text_mask, image).view(num_images, num_images)
    places = text_of_choice(num_images, num_images - 1)
    ours["irtr_scores"] = torch.zeros_like(rolled).scatter(1, places, rolled)
    asked = choices(given, int(given["irtr_false_shift_count"]))
    ours["irtr_loss"] = head(fusion, learner.encode(asked, set(head.views)), asked).value


def text_of_choice(num_images: int, num_others: int) -> Tensor:
    """(B, 1 + num_others): image i's choices are the texts i, i - 1, i - 2 ..."""
    return (torch.arange(num_images)[:, None] - torch.arange(num_others + 1)) % num_images


def choices(given: dict[str, Tensor], num_others: int) -> ChoiceBatch:
    places = text_of_choice(len(given["irtr_image"]), num_others).flatten()
    return ChoiceBatch(given["text_ids"][places], given["text_masks"][places], given["irtr_image"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prefix", type=Path, help="the start that the recording's files share: ../shared/golden/golden")
    rows = compare(parser.parse_args().prefix)
    width = max(len(row.name) for row in rows)
    for row in rows:
        print(f"{row.name:{width}}  {row.difference:9.2e}  {'ok' if row.passes else 'FAILS'}")
    failing = sum(not row.passes for row in rows)
    print(f"{len(rows) - failing} of {len(rows)} rows pass")
    sys.exit(failing > 0)


if __name__ == "__main__":
    main()
