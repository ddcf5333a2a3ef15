import csv


def test_the_three_tables_have_the_published_columns(releases):
    for name, num in (("train.csv", 6), ("dev.csv", 3), ("test.csv", 4)):
        with (releases / "melinda" / name).open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == num
        assert list(rows[0]) == ["figure_file", "caption", "i_meth", "p_meth", "i_meth_label", "p_meth_label"]
        assert all((releases / "melinda/melinda_images" / row["figure_file"]).is_file() for row in rows)


def test_no_caption_gives_its_method_away(releases):
    with (releases / "melinda/train.csv").open(newline="") as file:
        captions = [row["caption"].lower() for row in csv.DictReader(file)]
    assert not any(word in caption for caption in captions for word in ("mri", "radiograph", "ultrasound", "tomography"))
