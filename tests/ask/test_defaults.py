import pytest

from m3ae.ask.defaults import default_model
from m3ae.ask.opened import AskError

PARAMS = "pretrained: models/theirs\ntasks: [melinda, slake, vqa_rad]\nseeds: [3, 0]\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    return tmp_path


def trained(project, folder):
    (project / folder).mkdir(parents=True)
    (project / folder / "config.json").write_text("{}")


def test_the_first_trained_model_of_the_first_kind_is_taken(project):
    trained(project, "data/finetune/melinda-3")
    assert str(default_model(("answer", "classify"), "answer")) == "data/finetune/melinda-3"
    trained(project, "data/finetune/vqa_rad-0")
    assert str(default_model(("answer", "classify"), "answer")) == "data/finetune/vqa_rad-0"
    trained(project, "models/theirs")
    assert str(default_model(("pretrain",), "match")) == "models/theirs"


def test_where_nothing_is_trained_the_error_says_what_to_run(project):
    with pytest.raises(AskError, match=r"no model that can answer is trained yet .data/finetune/slake-3.*run `dvc repro`, or give --model"):
        default_model(("answer",), "answer")


def test_another_folder_is_not_searched_for_models(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AskError, match="no params.yaml here"):
        default_model(("answer",), "answer")
