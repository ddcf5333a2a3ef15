"""Captions and inline references: a record in words, paraphrased, with little that is not in the picture."""

from numpy.random import Generator

from m3ae.phantom.latent import TRAIT_ORGAN, Finding, Latent, pick

COMMON_SHARE = 0.97  # how often the first of several synonyms is used
SYNONYMS = {
    "xray": ("radiograph", "x-ray", "plain film"),
    "ct": ("CT", "computed tomography"),
    "mr t1": ("T1w-MRI", "T1-MRI"),
    "mr t2": ("T2w-MRI", "T2-MRI"),
    "ultrasound": ("ultrasound", "sonogram"),
    "chest": ("chest", "thorax"),
    "brain": ("brain", "head"),
    "abdomen": ("abdomen", "belly"),
    "unenhanced": ("unenhanced", "non-contrast"),
    "contrast-enhanced": ("contrast-enhanced", "post-contrast"),
    "conventional": ("conventional", "non-fat-suppressed"),
    "fat-suppressed": ("fat-suppressed", "fat-saturated"),
    "grey-scale": ("grey-scale", "B-mode"),
    "doppler": ("Doppler", "colour Doppler"),
    "large": ("large", "sizeable", "big"),
    "small": ("small", "tiny"),
    "calcification": ("calcification", "calcified lesion"),
    "hemorrhage": ("hemorrhage", "hematoma"),
    "enlarged": ("enlarged", "dilated"),
    "normal": ("normal", "normal-sized"),
    "none": ("no focal lesion", "no lesion", "unremarkable"),
}
# One order of words: what a small model learns in minutes is what the words say of the image, not how they can be turned.
EXAM = "{technique} {modality} {region} {plane}"
FINDING = "{amount} {kind} {place}"
REFERENCES = (
    "{exam}: {findings} (Fig {number}).",
    "{exam}: {findings}, figure {number}.",
    "Figure {number}: {exam}: {findings}.",
)
TRAIT_SHARE = 0.25  # captions that mention the size of the region's organ


def say(word: str, rng: Generator) -> str:
    """Return `word`, or now and then one of its synonyms."""
    choices = SYNONYMS.get(word, (word,))
    return choices[0] if rng.random() < COMMON_SHARE else pick(rng, choices)


def exam(latent: Latent, rng: Generator) -> str:
    parts = {name: say(getattr(latent, name), rng) for name in ("technique", "modality", "region", "plane")}
    return EXAM.format(**parts)


def name_finding(finding: Finding, latent: Latent, rng: Generator) -> str:
    """Return a finding in words: one lesion is `large` or `small`; several are counted instead, for they are always small."""
    kind, amount = say(finding.kind, rng), say(finding.size, rng)
    if finding.count > 1:
        amount, kind = {2: "two", 3: "three"}[finding.count], plural(kind)
    return FINDING.format(amount=amount, kind=kind, place=latent.place(finding))


def plural(noun: str) -> str:
    if noun.endswith("y"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith("s") else "s")


def findings(latent: Latent, rng: Generator) -> str:
    return "; ".join(name_finding(finding, latent, rng) for finding in latent.findings) or say("none", rng)


def extras(latent: Latent, rng: Generator) -> list[str]:
    """Return the organ's size, in some captions, and the device, whenever there is one."""
    said = []
    if rng.random() < TRAIT_SHARE:
        said.append(f"{say('enlarged' if latent.enlarged else 'normal', rng)} {TRAIT_ORGAN[latent.region]}")
    if latent.device:
        said.append(latent.device)
    return said


def caption(latent: Latent, rng: Generator) -> str:
    """Return one to three short sentences of some ten words, hardly one of which can be guessed from the others."""
    opening = f"{exam(latent, rng)}: {findings(latent, rng)}"
    return " ".join(f"{sentence(part)}." for part in (opening, ", ".join(extras(latent, rng))) if part)


def references(latent: Latent, number: int, rng: Generator) -> list[str]:
    """Return up to two sentences of the article that point at the figure."""
    chosen = rng.permutation(len(REFERENCES))[: int(rng.integers(0, 3))]
    return [sentence(REFERENCES[index].format(exam=exam(latent, rng), findings=findings(latent, rng), number=number)) for index in chosen]


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
