import pytest

from m3ae.phantom.layouts import roco

FILES = ("captions", "keywords", "cuis", "semtypes", "dlinks", "licences")


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("kind", ["radiology", "non-radiology"])
def test_each_folder_has_the_six_files_and_its_images(releases, split, kind):
    folder = releases / "roco" / "data" / split / kind
    lines = {name: (folder / f"{name}.txt").read_text().splitlines() for name in FILES}
    keys = [path.stem for path in sorted((folder / "images").iterdir())]
    assert [line.split("\t")[0] for line in lines["captions"]] == keys
    assert all(len(lines[name]) == len(keys) for name in FILES if name != "licences")
    assert lines["licences"][0] == "ROCO_ID,PMC_ID,CC"


def test_a_caption_follows_a_tab_and_a_blank(releases):
    line = (releases / "roco/data/test/radiology/captions.txt").read_text().splitlines()[0]
    assert line.split("\t")[1].startswith(" ")


def test_held_out_records_differ_pairwise(small):
    for split in ("validation", "test"):
        essences = [figure.latent.essence for figure in roco.plan(small, 7) if figure.split == split and figure.latent]
        assert len(set(essences)) == len(essences) == 8
