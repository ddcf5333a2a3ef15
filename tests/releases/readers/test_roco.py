"""The ROCO reader on made-up records in the published layout."""

import json
import shutil
from pathlib import Path

import pytest

from m3ae.releases.readers.published import ReleaseError
from m3ae.releases.readers.roco import read
from m3ae.releases.record import Record, Split

RELEASES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RELEASES / "roco", tmp_path / "roco"))


def test_a_figure_becomes_one_record_with_caption_then_references():
    first = next(read(RELEASES / "roco"))
    assert first == Record(
        id="ROCO_00001",
        split=Split.TRAIN,
        image=RELEASES / "roco/data/train/radiology/images/ROCO_00001.jpg",
        image_id="ROCO_00001",
        texts=("Chest X-ray showing a left pleural effusion.", "The effusion is seen in Figure 1.", "See Figure 1."),
        licence="CC BY",
    )


def test_all_splits_are_read_in_order_and_blank_captions_stay():
    assert [(record.id, record.split.value) for record in read(RELEASES / "roco")] == [
        ("ROCO_00001", "train"),
        ("ROCO_00002", "train"),
        ("ROCO_00003", "train"),
        ("ROCO_00004", "validation"),
        ("ROCO_00005", "test"),
    ]
    assert [record.texts for record in read(RELEASES / "roco")][2] == ("",)


def test_null_references_add_nothing_and_a_comma_in_a_quoted_file_name_does_not_move_the_licence():
    second = list(read(RELEASES / "roco"))[1]
    assert (second.texts, second.licence) == (("Normal scan.",), "CC BY-NC")


def test_the_data_level_may_be_absent_and_val_may_stand_for_validation(release, tmp_path):
    (release / "data/validation").rename(release / "data/val")
    flat = (release / "data").rename(tmp_path / "flat")
    assert [record.split for record in read(flat)] == [record.split for record in read(RELEASES / "roco")]


def test_references_are_found_beside_the_link_that_roco_is(tmp_path):
    (tmp_path / "roco").symlink_to(RELEASES / "roco")
    assert len(next(read(tmp_path / "roco")).texts) == 1
    (tmp_path / "medicat").symlink_to(RELEASES / "medicat")
    assert len(next(read(tmp_path / "roco")).texts) == 3


def test_references_are_found_inside_the_roco_folder_too(release):
    references = "net/nfs2.corp/allennlp/sanjays/roco_files/roco_train_references.jsonl"
    shutil.copy(RELEASES / "medicat" / references, release)
    assert len(next(read(release)).texts) == 3


def test_an_older_checkouts_image_is_found_under_its_article_name(release):
    images = release / "data/train/radiology/images"
    images.mkdir()
    (images / "PMC100_abc-01-g001.jpg").touch()
    assert [record.image.name for record in read(release)][:2] == ["PMC100_abc-01-g001.jpg", "ROCO_00002.jpg"]


def test_a_line_without_a_tab_is_an_error_that_names_it(release):
    path = release / "data/test/radiology/captions.txt"
    path.write_text("ROCO_00005\t fine\nROCO_00006 no tab\n")
    with pytest.raises(ReleaseError, match=r"captions\.txt, line 2: .*ROCO_00006 no tab.*unpack the release again"):
        list(read(release))


def test_bytes_that_are_not_utf8_are_an_error_that_names_the_line(release):
    (release / "data/test/radiology/captions.txt").write_bytes(b"ROCO_00005\t fine\nROCO_00006\t caf\xe9\n")
    with pytest.raises(ReleaseError, match=r"captions\.txt, line 2: is not UTF-8"):
        list(read(release))


def test_a_link_without_an_archive_is_an_error_that_names_the_line(release):
    (release / "data/train/radiology/dlinks.txt").write_text("ROCO_00001\tnothing\n")
    with pytest.raises(ReleaseError, match=r"dlinks\.txt, line 1"):
        list(read(release))


def test_a_folder_without_any_split_is_an_error_with_a_remedy(tmp_path):
    with pytest.raises(ReleaseError, match="unpack the ROCO release into this folder"):
        list(read(tmp_path))


def test_kaggles_tables_stand_for_captions_where_there_are_none(tmp_path):
    split = tmp_path / "all_data/validation/radiology"
    (split / "images").mkdir(parents=True)
    (split / "images/PMC1_x.jpg").touch()
    (split / "valdata.csv").write_text('id,name,caption\nROCO_00007,PMC1_x.jpg,"Axial CT, with contrast."\n')
    record = next(read(tmp_path))
    assert (record.id, record.split, record.texts) == ("ROCO_00007", Split.VALIDATION, ("Axial CT, with contrast.",))
    assert record.image == split / "images/PMC1_x.jpg"
    (split / "valdata.csv").write_text("id,caption\na,b\n")
    with pytest.raises(ReleaseError, match="valdata.csv: a table with the columns id, caption, name expected"):
        list(read(tmp_path))
    (split / "valdata.csv").write_text("id,name,caption\n ,a,b\n")
    with pytest.raises(ReleaseError, match="valdata.csv, line 2: the id is blank"):
        list(read(tmp_path))


LICENCES = {  # the header in another order, with another column, and without one that is needed
    "CC,ROCO_ID,PMC_ID\nCC BY-NC,ROCO_00001,PMC1.jpg\n": "CC BY-NC",
    'ROCO_ID,PMC_ID,CC,checked\n"ROCO_00001",PMC1.jpg, CC BY ,CC0\n': "CC BY",
    "ROCO_ID,PMC_ID,CC\nROCO_00001,PMC1.jpg,\n": "",
}


@pytest.mark.parametrize(("content", "licence"), LICENCES.items())
def test_the_licence_is_the_one_under_its_name_in_the_header(release, content, licence):
    (release / "data/train/radiology/licences.txt").write_text(content)
    assert next(read(release)).licence == licence


@pytest.mark.parametrize("content", ["ROCO_ID,PMC_ID\nROCO_00001,PMC1.jpg\n", "ROCO_00001,PMC1.jpg,CC BY\n", "ROCO_ID,CC,CC\na,b,c\n", ""])
def test_a_licence_that_stands_under_no_name_is_an_error(release, content):
    (release / "data/train/radiology/licences.txt").write_text(content)
    with pytest.raises(ReleaseError, match=r"licences\.txt: a table with the columns ROCO_ID, CC expected, one of each; unpack"):
        list(read(release))


@pytest.mark.parametrize("folder", ["rel [2024]", "rel?", "rel*"])
def test_a_folders_name_is_no_pattern(tmp_path, folder):
    for name, caption in ((folder, "The right one."), ("relX", "A stranger.")):
        split = tmp_path / name / "train/radiology"
        split.mkdir(parents=True)
        (split / "traindata.csv").write_text(f"id,name,caption\nROCO_1,x.jpg,{caption}\n")
    assert [record.texts for record in read(tmp_path / folder)] == [("The right one.",)]


def test_a_figure_whose_name_no_file_can_have_is_read_with_no_image(release):
    (release / "data/train/radiology/captions.txt").write_text("R" * 300 + "\t A caption.\n")
    assert not next(read(release)).image.parent.exists()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"gorc_references": "See Figure 1."}, "'gorc_references' is neither null nor a list of texts"),
        ({"gorc_references": {"a": "b"}}, "'gorc_references' is neither null nor a list of texts"),
        ({"gorc_references": 5}, "'gorc_references' is neither null nor a list of texts"),
        ({"gorc_references": ["a", 5]}, "'gorc_references' is neither null nor a list of texts"),
        ({"roco_image_id": ["a"]}, "'roco_image_id' is no text"),
    ],
)
def test_references_of_another_type_are_an_error_that_names_the_line(release, changes, problem):
    row = {"roco_image_id": "PMC1_x.jpg", "gorc_references": None}
    (release / "roco_train_references.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row | changes) + "\n")
    with pytest.raises(ReleaseError, match=f"roco_train_references.jsonl, line 2: {problem}; unpack"):
        list(read(release))


def test_kaggles_tables_may_lie_a_folder_up(tmp_path):
    names = {"train": "train", "validation": "val", "test": "test"}
    for number, (folder, name) in enumerate(names.items()):
        split = tmp_path / "data" / folder
        (split / "radiology/images").mkdir(parents=True)
        (split / f"radiology/images/PMC{number}_x.jpg").touch()
        (split / f"radiology{name}data.csv").write_text(f"id,name,caption\nROCO_0000{number},PMC{number}_x.jpg,Axial CT {number}\n")
        (split / "radiology/licences.txt").write_text(f"ROCO_ID,PMC_ID,CC\nROCO_0000{number},PMC{number},CC BY\n")
    records = list(read(tmp_path))
    assert [(record.id, record.split, record.texts, record.licence) for record in records] == [
        (f"ROCO_0000{number}", split, (f"Axial CT {number}",), "CC BY") for number, split in enumerate(Split)
    ]
    assert records[1].image == tmp_path / "data/validation/radiology/images/PMC1_x.jpg" and records[1].image.is_file()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("captions.txt", "ROCO_00001\t Enlarged aorta.ROCO_00002\t Chest radiograph."),
        ("captions.txt", "ROCO_00001\t Enlarged aorta.\tROCO_00002 Chest radiograph."),
        ("dlinks.txt", "ROCO_00001\twget a/PMC1.tar.gz\tx.jpgROCO_00002\twget a/PMC2.tar.gz\ty.jpg"),
    ],
)
def test_a_line_that_has_swallowed_the_next_one_is_an_error_that_names_it(release, name, line):
    (release / "data/train/radiology" / name).write_text(line + "\n")
    with pytest.raises(ReleaseError, match=rf"{name}, line 1: 'ROCO_00002' stands beside a tab within the line; a line feed is lost"):
        list(read(release))


def test_a_caption_may_speak_of_another_figure_and_hold_a_tab(release):
    (release / "data/train/radiology/captions.txt").write_text("ROCO_00001\t As in ROCO_00002, a\tmass.\n")
    assert next(read(release)).texts[0] == "As in ROCO_00002, a\tmass."


@pytest.mark.parametrize("piece", ["a", "a.", "a.tar", "a.tar.g", "ROCO_1", "ROCO_", "\t", "a\t"])
@pytest.mark.parametrize("name", ["dlinks.txt", "captions.txt", "licences.txt"])
def test_a_line_of_a_megabyte_takes_no_time(release, linear, name, piece):
    def read_it(size: int) -> None:
        (release / "data/train/radiology" / name).write_text(f"ROCO_1\t{piece * (size // len(piece))}x\n")
        try:
            list(read(release))
        except ReleaseError:
            assert name != "captions.txt" or "ROCO_" in piece

    linear(read_it)
