"""VQA-Med-2019: questions about radiology images by category; modality, plane and organ are used, as in the paper.

Citation: Ben Abacha et al., "VQA-Med: Overview of the Medical Visual Question Answering Task at ImageCLEF 2019".
Address: https://zenodo.org/records/10499039. Licence: CC BY 4.0. Count: 3,200 / 500 / 500 images, 12,792 / 2,000 / 500 questions
in all four categories. Layout (a folder may hold another of its own name, as some archives unpack):

    ImageClef-2019-VQA-Med-Training/QAPairsByCategory/C{1_Modality,2_Plane,3_Organ}_train.txt   image|question|answer
                                    Train_images/
    ImageClef-2019-VQA-Med-Validation/...                                                       the same with `val`, Val_images/
    VQAMed2019Test/VQAMed2019_Test_Questions_w_Ref_Answers.txt                                  image|category|question|answer
                   VQAMed2019_Test_Images/

`#` parts alternatives, either of which is right. Where the test file lacks the category column, a question's category is
that of the same question in the other splits. Test questions of other categories are yielded as dropped.
"""

from collections.abc import Iterator
from pathlib import Path

from m3ae.releases.readers.published import Dropped, answer_kind, columns, first_present, malformed, none_of, required, within
from m3ae.releases.record import Record, Split

CATEGORIES = ("modality", "plane", "organ")
FOLDERS = {
    Split.TRAIN: ("ImageClef-2019-VQA-Med-Training", "train", "Train_images"),
    Split.VALIDATION: ("ImageClef-2019-VQA-Med-Validation", "val", "Val_images"),
}
TEST_FOLDER, TEST_IMAGES = "VQAMed2019Test", "VQAMed2019_Test_Images"
TEST_FILE = "VQAMed2019_Test_Questions_w_Ref_Answers.txt"
OTHER_CATEGORY = "not modality, plane or organ"


def read(folder: Path) -> Iterator[Record | Dropped]:
    """Yield every question: train and validation category by category, then test in its file's order."""
    known: dict[str, str] = {}  # question -> category, as far as train and validation tell
    present = [split for split, (name, _, _) in FOLDERS.items() if (folder / name).is_dir()]
    test = unpacked(folder, TEST_FOLDER)
    if not present and not test.is_dir():
        raise none_of(folder, [*(name for name, _, _ in FOLDERS.values()), TEST_FOLDER], "unpack VQA-Med-2019 into this folder")
    for split in present:
        yield from by_category(folder, split, known)
    if test.is_dir():
        yield from test_questions(folder, required(test, TEST_FILE), known)


def unpacked(folder: Path, name: str) -> Path:
    return first_present(folder, f"{name}/{name}") or folder / name


def by_category(folder: Path, split: Split, known: dict[str, str]) -> Iterator[Record]:
    """Yield the questions of one split, and add them to `known`."""
    name, suffix, images = FOLDERS[split]
    root = unpacked(folder, name)
    for number, category in enumerate(CATEGORIES, start=1):
        path = required(root, f"QAPairsByCategory/C{number}_{category.capitalize()}_{suffix}.txt")
        for line, (image, question, answer) in columns(path, "|", 3):
            known[question.strip().lower()] = category
            yield record(f"{category}-{line}", split, root / images / f"{image}.jpg", question, answer)


def test_questions(folder: Path, path: Path, known: dict[str, str]) -> Iterator[Record | Dropped]:
    images = path.parent / TEST_IMAGES
    for number, fields in columns(path, "|", 3, 4):
        image, question, answer = fields[0], fields[-2], fields[-1]
        category = fields[1].strip().lower() if len(fields) == 4 else known.get(question.strip().lower(), "")
        if len(fields) == 4 and not category:
            raise malformed(path, number, "the category is blank")
        identifier = f"{category or 'unknown'}-{number}"
        if category in CATEGORIES:
            yield record(identifier, Split.TEST, images / f"{image}.jpg", question, answer)
        else:
            yield Dropped(identifier, Split.TEST, within(images / f"{image}.jpg", folder), OTHER_CATEGORY)


def record(identifier: str, split: Split, image: Path, question: str, answer: str) -> Record:
    answers = tuple(part.strip() for part in answer.split("#"))
    return Record(
        id=identifier,
        split=split,
        image=image,
        image_id=image.stem,
        texts=(question,),
        answers=answers,
        # Differs: the authors mark every question open; a yes or no is counted as closed here, as in the other two releases.
        answer_kind=answer_kind(answers),
        licence="CC BY 4.0",
    )
