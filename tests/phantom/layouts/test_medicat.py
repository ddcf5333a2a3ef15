import json


def table(releases) -> list[dict]:
    (path,) = (releases / "medicat/release").glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_row_names_its_figure(releases):
    rows = table(releases)
    assert len(rows) == 10
    assert all((releases / "medicat/release/figures" / f"{row['pdf_hash']}_{row['fig_uri']}").is_file() for row in rows)


def test_some_figures_are_no_radiology(releases):
    assert {row["radiology"] for row in table(releases)} == {True, False}


def test_references_are_a_list_or_null(releases):
    assert {type(row["s2orc_references"]) for row in table(releases)} == {list, type(None)}


def test_roco_references_match_through_dlinks(releases):
    path = releases / "medicat/net/nfs2.corp/allennlp/sanjays/roco_files/roco_val_references.jsonl"
    named = [json.loads(line)["roco_image_id"] for line in path.read_text().splitlines()]
    links = (releases / "roco/data/validation/radiology/dlinks.txt").read_text().splitlines()
    expected = [f"{link.split()[3].split('/')[-1].removesuffix('.tar.gz')}_{link.split()[-1]}" for link in links]
    assert named == expected
