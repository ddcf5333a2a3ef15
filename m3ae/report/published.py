"""What has been published about the tasks. Nothing here was measured by this project.

Scores are percent. A score's name is the path of its value in a metric file: `overall`, `text_to_image.r1`.
"""

from dataclasses import dataclass, field

PAPER = "https://arxiv.org/abs/2209.07098"
ZERO_SHOT = "zero_shot"


@dataclass(frozen=True)
class Quoted:
    """A number from the paper; `confirmed` where another source gives it, too, or it follows from counts of questions."""

    value: float
    confirmed: bool = False


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


def quoted(*values: float, confirmed: bool = False) -> tuple[Quoted, ...]:
    return tuple(Quoted(value, confirmed) for value in values)


def recalls(*values: float) -> dict[str, Quoted]:
    """Return the recalls, in percent, by score; `values` are text to image R@1, 5, 10, then image to text."""
    return dict(zip(RECALLS, quoted(*values), strict=True))


def confirmed(*values: float) -> dict[str, Quoted]:
    """Return the overall, open and closed score, in percent: means of three runs, whose counts of right answers are whole numbers."""
    return dict(zip(ANSWERS, quoted(*values, confirmed=True), strict=True))


PUBLISHED = {
    "vqa_rad": Published(confirmed(77.01, 67.23, 83.46), {"overall": (77.4, 76.9, 76.7)}, ("vqa_rad", "since_vqa_rad")),
    "slake": Published(confirmed(83.25, 80.31, 87.82), {"overall": (84.3, 83.0, 82.5)}, ("slake",)),
    "vqa_med_2019": Published({"overall": Quoted(79.87)}, {"overall": (80.5, 80.0, 79.7)}, ("vqa_med_2019",)),
    "melinda": Published({"overall": Quoted(78.50)}, {"overall": (79.6, 77.7, 77.9)}, ("melinda",)),
    "roco_retrieval": Published(recalls(22.20, 52.50, 66.65, 22.90, 51.05, 65.80), notes=("roco",)),
    ZERO_SHOT: Published(recalls(19.05, 47.75, 61.35, 19.10, 45.60, 61.20), notes=("roco",)),
}

NOTES = {
    "unconfirmed": "The paper's, found in no other source.",
    "released": "Overall score of each of the three fine-tuned models that the authors released.",
    "interval": "95% interval over the test images, each with all its questions, and, where several seeds were run, over the seeds of "
    "fine-tuning. Where one seed was run it leaves the luck of training out; the luck of pre-training, which is run once, it always "
    "leaves out. A gain's interval is paired: both models on the same items, seed by seed. A score is a mean over seeds; "
    "± is the sample standard deviation over them, and is missing where one seed was run.",
    "reference": "What needs no learning: answering every question with the most frequent answer, or ranking at random.",
    "vqa_rad": "In the published VQA-RAD all 203 test images also stand in the training file, and 14 test triplets word for word. "
    "The authors chose the epoch on a copy of the test file; here 10% of the training images are held out for that. "
    "A user's re-run of the first released model gave open 65.9, closed 84.9, overall 77.38.",
    "since_vqa_rad": "The paper's are means of three runs: 361, 681 and 1,042 right of three times 179, 272 and 451 questions; MUMC's "
    "Table 1 prints them, too. MLM alone gave 76.05, within the noise of 451 questions (3.9 points either way). Re-runs by others: "
    "75.61 (LaPA), 75.40 (CIMB-MVQA). Best since, like for like: overall 79.42 ± 0.21 (CIMB-MVQA), closed 86.40 (LaPA), open 71.5 (MUMC).",
    "slake": "The paper's are means of three runs: 1,554, 1,096 and 2,650 right of three times 645, 416 and 1,061 questions. Re-runs by "
    "others: 81.53, 82.37. Best since, like for like: 87.5 (Ha et al., arXiv 2404.16192).",
    "vqa_med_2019": "No count of 375 questions, alone or as a mean of three runs, gives 79.87; the released models average 80.09. "
    "A re-run by others: 78.40. Best since, like for like: 81.60 (LaPA).",
    "melinda": "The published scores are of p_meth_label, seven classes; `melinda_label` among the settings says which were asked here. "
    "The released models average 78.40.",
    "roco": "The paper's recalls are over 2,000 pairs, of which they are whole numbers, and the authors' code takes those “test” pairs "
    "from the validation split. Here they are test pairs (protocol strict), and identical captions count as right for each other's images.",
}
