import json


def test_three_files_in_two_languages_name_images_that_exist(releases):
    languages = set()
    for name in ("train.json", "validate.json", "test.json"):
        rows = json.loads((releases / "slake" / name).read_text())
        languages |= {fields["q_lang"] for fields in rows}
        assert all((releases / "slake/imgs" / fields["img_name"]).is_file() for fields in rows)
    assert languages == {"en", "zh"}


def test_question_numbers_are_unique(releases):
    files = [json.loads((releases / "slake" / name).read_text()) for name in ("train.json", "validate.json", "test.json")]
    numbers = [fields["qid"] for rows in files for fields in rows]
    assert len(set(numbers)) == len(numbers)
