"""Questions with open and closed answers about a record, and the class labels that go with it.

Each closed question first draws its answer, then the words that make the answer true: what is asked for
tells next to nothing about yes or no. Questions use the captions' words, as people's do.
"""

from dataclasses import dataclass

from numpy.random import Generator

from m3ae.phantom.language import SYNONYMS, plural
from m3ae.phantom.latent import ACROSS, KINDS, Finding, Latent, draw_latent, pick

MODALITY_NAMES = {"xray": "x-ray", "ct": "ct", "mr t1": "mri t1", "mr t2": "mri t2", "ultrasound": "ultrasound"}
OPEN = {
    "modality": ("what imaging modality is shown?", "which modality was used?", "how was this image taken?"),
    "plane": ("what is the plane of this image?", "in what plane is this image?", "which projection is shown?"),
    "organ": ("what part of the body is shown?", "which body region is imaged?"),
    "abnormality": ("what is the abnormality?", "what kind of lesion is seen?", "what does the image show?"),
    "position": ("where is the {kind}?", "what is the location of the {kind}?"),
    "side": ("on which side is the {kind}?", "which half of the image holds the {kind}?"),
    "size": ("what is the size of the {kind}?", "how big is the {kind}?"),
    "count": ("how many lesions are there?", "what is the number of lesions?"),
}
CLOSED = {
    "presence": ("is there a {asked}?", "does the image show a {asked}?", "is a {asked} present?"),
    "side": ("is the {kind} {asked}?", "is the {kind} on the {asked} side?"),
    "size": ("is the {kind} {asked}?", "would you call the {kind} {asked}?"),
    "count": ("is there {asked} lesion?", "do you see {asked} lesion?"),
    "modality": ("is the modality {asked}?", "was {asked} the modality?"),
    "plane": ("is this image {asked}?", "is the plane {asked}?"),
    "organ": ("is this an image of the {asked}?", "is the {asked} shown?"),
    "device": ("is there a {asked}?", "can a {asked} be seen?"),
}
Choices = dict[str, tuple[list[str], list[str]]]  # closed topic -> (what may be asked when the answer is yes, what when it is no)


@dataclass(frozen=True, slots=True)
class Question:
    topic: str  # a key of OPEN or CLOSED
    words: str
    answer: str  # lower case; counts are digits
    closed: bool


def open_answers(latent: Latent) -> dict[str, str]:
    """Return the answer to each open topic that this record allows."""
    answers = {
        "modality": MODALITY_NAMES[latent.modality],
        "plane": latent.plane,
        "organ": latent.region,
        "count": str(sum(finding.count for finding in latent.findings)),
    }
    if len(latent.findings) == 1:
        answers |= {"abnormality": latent.findings[0].kind}
    for finding in latent.findings[:1]:
        answers |= {"position": latent.place(finding), "side": latent.side(finding)}
        if finding.count == 1:
            answers["size"] = finding.size
    return answers


def open_question(topic: str, latent: Latent, rng: Generator) -> Question:
    kind = called(latent.findings[0]) if latent.findings else ""
    return Question(topic, pick(rng, OPEN[topic]).format(kind=kind), open_answers(latent)[topic], closed=False)


def called(finding: Finding) -> str:
    return finding.kind if finding.count == 1 else f"group of {plural(finding.kind)}"


def closed_choices(latent: Latent, other: Latent) -> Choices:
    """Return what may be asked of a record.

    Where only one list holds something the answer is fixed; that is so for `count` alone, whose answers balance over records.
    What an image is not, the `other` one is: so a common view is not always the right one where it is asked for.
    """
    kinds = [finding.kind for finding in latent.findings]
    total = sum(finding.count for finding in latent.findings)
    choices = {
        "modality": ([SYNONYMS[latent.modality][0]], [SYNONYMS[other.modality][0]]),
        "plane": ([latent.plane], [other.plane]),
        "organ": ([latent.region], [other.region]),
        "count": (["more than one"], []) if total > 1 else ([], ["more than one"]),
    }
    if latent.device:
        choices["device"] = split(("needle", "stent"), latent.device)
    for finding in latent.findings[:1]:
        choices["presence"] = (kinds, [kind for kind in KINDS if kind not in kinds])
        choices["side"] = split(ACROSS[latent.plane], latent.side(finding))
        if finding.count == 1:
            choices["size"] = split(("small", "large"), finding.size)
    return choices


def split(words: tuple[str, ...], true: str) -> tuple[list[str], list[str]]:
    return [true], [word for word in words if word != true]


def closed_question(topic: str, yes: bool, choices: Choices, latent: Latent, rng: Generator) -> Question:
    asked = pick(rng, choices[topic][0 if yes else 1])
    kind = called(latent.findings[0]) if latent.findings else ""
    return Question(topic, pick(rng, CLOSED[topic]).format(asked=asked, kind=kind), "yes" if yes else "no", closed=True)


def questions(latent: Latent, num: int, rng: Generator) -> list[Question]:
    """Return `num` questions on different topics, about half of them closed."""
    open_topics = list(rng.permutation(list(open_answers(latent))))
    num_closed = min(num // 2 + int(num % 2 and rng.random() < 0.5), 4)
    choices = closed_choices(latent, unlike(latent, rng))
    closed = [closed_question(topic, yes, choices, latent, rng) for topic, yes in closed_topics(choices, num_closed, rng)]
    return [open_question(str(topic), latent, rng) for topic in open_topics[: num - len(closed)]] + closed


def unlike(latent: Latent, rng: Generator) -> Latent:
    """Draw a record of another modality, region and plane."""
    other = latent
    while other.modality == latent.modality or other.region == latent.region or other.plane == latent.plane:
        other = draw_latent(rng)
    return other


def closed_topics(choices: Choices, num: int, rng: Generator) -> list[tuple[str, bool]]:
    """Draw up to `num` different topics with their answers, yes or no by coin toss wherever the record allows both."""
    chosen = [str(topic) for topic in rng.permutation(list(choices))[:num]]
    return [(topic, bool(rng.integers(2)) if all(choices[topic]) else bool(choices[topic][0])) for topic in chosen]


def method_labels(latent: Latent) -> dict[str, str]:
    """Return MELINDA's four columns: what was imaged (`i_`, coarse and fine) and how (`p_`, seven classes and finer)."""
    found = latent.findings[0].kind if latent.findings else "no lesion"
    fine = " ".join((found, latent.findings[0].size)) if latent.findings else found
    where = f"{latent.region} {latent.plane}"
    how = {
        "xray": f"{latent.plane} radiography",
        "ct": f"{latent.technique} ct",
        "mr t1": "t1 mri",
        "mr t2": "t2 mri",
        "ultrasound": "ultrasound",
    }[latent.modality]
    return {"i_meth": fine, "p_meth": f"{how}, {where}", "i_meth_label": found, "p_meth_label": how}
