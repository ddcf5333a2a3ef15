"""What has been published about the tasks. Nothing here was measured by this project.

Scores are percent. A score's name is the path of its value in a metric file: `overall`, `text_to_image.r1`.
"""

from dataclasses import dataclass, field

PAPER = "https://arxiv.org/abs/2209.07098"
ZERO_SHOT = "zero_shot"


@dataclass(frozen=True)
class Quoted:
    """A number from the paper; `from_memory` until somebody has held it against the PDF."""

    value: float
    from_memory: bool = True


@dataclass(frozen=True)
class Published:
    """What is known of one task's scores elsewhere."""

    paper: dict[str, Quoted] = field(default_factory=dict)
    released: dict[str, tuple[float, ...]] = field(default_factory=dict)  # the authors' released fine-tuned models
    notes: tuple[str, ...] = ()  # names of `NOTES`


LABELS = {
    "overall": "overall",
    "open": "open",
    "closed": "closed",
    "text_to_image.r1": "text to image R@1",
    "text_to_image.r5": "text to image R@5",
    "text_to_image.r10": "text to image R@10",
    "image_to_text.r1": "image to text R@1",
    "image_to_text.r5": "image to text R@5",
    "image_to_text.r10": "image to text R@10",
}
ANSWERS = ("overall", "open", "closed")
RECALLS = tuple(label for label in LABELS if "." in label)


def quoted(*values: float) -> tuple[Quoted, ...]:
    return tuple(Quoted(value) for value in values)


def recalls(*values: float) -> dict[str, Quoted]:
    """Return the recalls, in percent, by score; `values` are text to image R@1, 5, 10, then image to text."""
    return dict(zip(RECALLS, quoted(*values), strict=True))


PUBLISHED = {
    "vqa_rad": Published(
        {"overall": Quoted(77.01), "open": Quoted(67.23), "closed": Quoted(83.46, from_memory=False)},
        {"overall": (77.4, 76.9, 76.7)},
        ("vqa_rad",),
    ),
    "slake": Published(dict(zip(ANSWERS, quoted(83.25, 80.31, 87.82), strict=True)), {"overall": (84.3, 83.0, 82.5)}),
    "vqa_med_2019": Published({"overall": Quoted(79.87)}, {"overall": (80.5, 80.0, 79.7)}),
    "melinda": Published({"overall": Quoted(78.50)}, {"overall": (79.6, 77.7, 77.9)}, ("melinda",)),
    "roco_retrieval": Published(recalls(22.20, 52.50, 66.65, 22.90, 51.05, 65.80), notes=("roco",)),
    ZERO_SHOT: Published(recalls(19.05, 47.75, 61.35, 19.10, 45.60, 61.20), notes=("roco",)),
}

NOTES = {
    "memory": "Quoted from memory of the paper and not yet checked against it.",
    "released": "Overall score of each of the three fine-tuned models that the authors released.",
    "interval": "95% interval over the test images, each with all its questions, and, where several seeds were run, over the seeds of "
    "fine-tuning. Where one seed was run it leaves the luck of training out; the luck of pre-training, which is run once, it always "
    "leaves out. A gain's interval is paired: both models on the same items, seed by seed. A score is a mean over seeds; "
    "± is the sample standard deviation over them, and is missing where one seed was run.",
    "reference": "What needs no learning: answering every question with the most frequent answer, or ranking at random.",
    "vqa_rad": "In the published VQA-RAD all 203 test images also stand in the training file, and 14 test triplets word for word. "
    "The authors chose the epoch on a copy of the test file; here 10% of the training images are held out for that. "
    "A user's re-run of the first released model gave open 65.9, closed 84.9, overall 77.38.",
    "melinda": "The published scores are of p_meth_label, seven classes; `melinda_label` among the settings says which were asked here.",
    "roco": "The paper's recalls are over 2,000 pairs, and the authors' code takes those “test” pairs from the validation split. "
    "Here they are test pairs, and identical captions count as right for each other's images.",
}
