import json

import pytest

from m3ae.report.categories import categories


def told(release, folder, *row):
    return {category.title: category.of(*row) for category in categories(release, folder)}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows))


def latent(folder, *images):
    (folder / "latent.jsonl").write_text("".join(json.dumps(image) + "\n" for image in images))


def test_vqa_rad_tells_the_kind_of_question_and_the_region(tmp_path):
    write(
        tmp_path / "testset.json",
        [{"qid": 7, "question_type": "PRES", "image_organ": "HEAD"}, {"qid": 8, "question_type": "", "image_organ": "CHEST"}],
    )
    assert told("vqa_rad", tmp_path, "7", "synpic1") == {"Kind of question": "pres", "Region": "head"}
    assert told("vqa_rad", tmp_path, "8", "synpic2") == {"Kind of question": None, "Region": "chest"}


@pytest.mark.parametrize("place", ["test.json", "Slake1.0/test.json"])
def test_slake_tells_the_modality_too(tmp_path, place):
    write(tmp_path / place, [{"qid": 3, "content_type": "Organ", "modality": "MRI", "location": "Brain"}])
    assert told("slake", tmp_path, "3", "x") == {"Kind of question": "organ", "Modality": "mri", "Region": "brain"}


def test_vqa_med_tells_the_category_in_the_id(tmp_path):
    assert told("vqa_med_2019", tmp_path, "plane-12", "x") == {"Kind of question": "plane"}


@pytest.mark.parametrize("image_id", ["ROCO_1", "ROCO_1.jpg", "images/ROCO_1.jpg"])
def test_what_phantom_drew_is_known_by_any_name_of_the_image(tmp_path, image_id):
    latent(tmp_path, {"image": "data/images/ROCO_1.jpg", "modality": "ct", "region": "chest"})
    assert told("roco", tmp_path, "1", image_id) == {"Modality": "ct", "Region": "chest"}
    assert told("roco", tmp_path, "1", "another") == {"Modality": None, "Region": None}


def test_what_was_published_goes_before_what_was_drawn(tmp_path):
    latent(tmp_path, {"image": "imgs/x/source.jpg", "modality": "mr t1", "region": "brain"})
    write(tmp_path / "test.json", [{"qid": 3, "modality": "MRI"}])
    assert told("slake", tmp_path, "3", "x/source.jpg") == {"Modality": "mri", "Region": "brain"}


def test_a_release_that_is_not_there_tells_nothing(tmp_path):
    assert categories("slake", tmp_path / "nothing") == [] and categories("own", tmp_path) == []
