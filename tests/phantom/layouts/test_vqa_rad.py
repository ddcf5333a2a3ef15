import json

from m3ae.phantom.layouts.vqa_rad import row
from m3ae.phantom.questions import Question


def test_both_files_name_images_that_exist(releases):
    for name, num in (("trainset.json", 8), ("testset.json", 4)):
        rows = json.loads((releases / "vqa_rad" / name).read_text())
        assert len({fields["image_name"] for fields in rows}) == num
        assert len(rows) == 5 * num
        assert all((releases / "vqa_rad/images" / fields["image_name"]).is_file() for fields in rows)


def test_counts_are_integers_and_some_types_end_in_a_blank(small):
    from m3ae.phantom.layouts.vqa_rad import plan

    figure = plan(small, 7)[0]
    assert row(figure, Question("count", "how many?", "2", closed=False), 1, "train")["answer"] == 2
    assert row(figure, Question("side", "is it left?", "yes", closed=True), 50, "train")["answer_type"] == "CLOSED "


def test_the_test_phrases_say_so(releases):
    rows = json.loads((releases / "vqa_rad/testset.json").read_text())
    assert any(fields["phrase_type"].startswith("test_") for fields in rows)
