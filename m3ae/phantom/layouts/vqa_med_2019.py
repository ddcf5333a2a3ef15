"""VQA-Med-2019's layout: three folders of `image|question|answer` lines, four categories, one question each an image."""

from collections.abc import Iterable
from pathlib import Path

from m3ae.phantom.figure import Figure, plan_split
from m3ae.phantom.latent import TECHNIQUES, Latent, generator, pick
from m3ae.phantom.layouts.lines import write_lines
from m3ae.phantom.params import PhantomParams

NAME = "vqa_med_2019"
NUMBER = 5
TRAIN, VALIDATION, TEST = "ImageClef-2019-VQA-Med-Training", "ImageClef-2019-VQA-Med-Validation", "VQAMed2019Test"
IMAGES = {"train": f"{TRAIN}/Train_images", "validation": f"{VALIDATION}/Val_images", "test": f"{TEST}/VQAMed2019_Test_Images"}
CATEGORIES = ("modality", "plane", "organ", "abnormality")
QUESTIONS = {
    "modality": ("what imaging modality is used?", "what type of imaging modality is shown?", "how was the image taken?"),
    "plane": ("in what plane is this image?", "what is the plane?", "which plane is shown?"),
    "organ": ("what part of the body is being imaged?", "what organ system is displayed?", "the image shows what organ system?"),
    "abnormality": ("what is abnormal in the image?", "what is most alarming about this image?", "what abnormality is seen?"),
}
# technique -> label, spelt as the release spells its modalities
MODALITIES = {
    ("xray", "erect"): "xr - plain film",
    ("xray", "supine"): "xr - portable",
    ("ct", "unenhanced"): "ct - noncontrast",
    ("ct", "contrast-enhanced"): "ct w/contrast (iv)",
    ("mr t1", "unenhanced"): "mr - t1w noncontrast",
    ("mr t1", "contrast-enhanced"): "mr - t1w w/gadolinium",
    ("mr t2", "conventional"): "mr - t2 weighted",
    ("mr t2", "fat-suppressed"): "mr - t2w fat suppressed",
    ("ultrasound", "grey-scale"): "us - ultrasound",
    ("ultrasound", "doppler"): "us-d - doppler ultrasound",
}
assert len(MODALITIES) == sum(map(len, TECHNIQUES.values()))
ORGANS = {"chest": "lung, mediastinum, pleura", "brain": "skull and contents", "abdomen": "gastrointestinal"}
Line = tuple[str, str, str, str]  # category, image, question, answer


def plan(params: PhantomParams, seed: int) -> list[Figure]:
    figures: list[Figure] = []
    for index, (split, num) in enumerate(params.vqa_med_2019.model_dump().items()):
        figures += plan_split(split, num, f"{IMAGES[split]}/synpic{{}}.jpg", (seed, NUMBER, index), first=40_000 + len(figures))
    return figures


def write_texts(folder: Path, figures: list[Figure], params: PhantomParams) -> None:
    for split, place, short in (("train", folder / TRAIN, "train"), ("validation", folder / VALIDATION, "val")):
        chosen = [figure for figure in figures if figure.split == split]
        lines = [line for figure in chosen for line in ask(figure)]
        write_lines(place / f"All_QA_Pairs_{short}.txt", without_category(lines))
        write_lines(place / f"{short}_ImageIDs.txt", (Path(figure.path).stem for figure in chosen))
        for number, category in enumerate(CATEGORIES, start=1):
            name = f"C{number}_{category.capitalize()}_{short}.txt"
            write_lines(place / "QAPairsByCategory" / name, without_category(line for line in lines if line[0] == category))
    tested = [line for figure in figures if figure.split == "test" for line in ask(figure)]
    write_lines(folder / TEST / "VQAMed2019_Test_Questions.txt", (f"{image}|{question}" for _, image, question, _ in tested))
    references = (f"{image}|{category}|{question}|{answer}" for category, image, question, answer in tested)
    write_lines(folder / TEST / "VQAMed2019_Test_Questions_w_Ref_Answers.txt", references)


def without_category(lines: Iterable[Line]) -> Iterable[str]:
    return (f"{image}|{question}|{answer}" for _, image, question, answer in lines)


def ask(figure: Figure) -> list[Line]:
    """Return one question of each category; a normal image has none about its abnormality."""
    rng, key = generator(*figure.words, 1), Path(figure.path).stem
    answers = answers_of(figure.radiology)
    return [(category, key, pick(rng, QUESTIONS[category]), answers[category]) for category in CATEGORIES if category in answers]


def answers_of(latent: Latent) -> dict[str, str]:
    """Return category -> answer; `#` joins alternatives, either of which is right; `(...)` in an abnormality is optional."""
    answers = {"modality": MODALITIES[latent.modality, latent.technique], "plane": latent.plane, "organ": ORGANS[latent.region]}
    if len(latent.findings) == 1:
        finding = latent.findings[0]
        answers["abnormality"] = finding.kind + (f" ({finding.size})" if finding.count == 1 else "")
    elif latent.findings:
        answers["abnormality"] = "#".join(finding.kind for finding in latent.findings)
    return answers
