from pathlib import Path

import pytest
import torch

from m3ae.authors.convert import export_folder, import_file
from m3ae.authors.files import AuthorsFile, read, write
from m3ae.authors.names import authors_name
from m3ae.batches.tokenizer import train
from m3ae.model.config import load_config
from m3ae.model.folder import load_weights
from tests.shared import GOLDEN, needs_golden


@needs_golden
@pytest.mark.parametrize("suffix", ["", "_vqa", "_cls", "_irtr"])
def test_import_then_export_gives_back_every_tensor_bit_for_bit(tmp_path, words, suffix):
    original = Path(f"{GOLDEN}{suffix}.ckpt")
    import_file(original, tmp_path / "model", str(words))
    export_folder(tmp_path / "model", tmp_path / "again.ckpt")
    before, after = read(original), read(tmp_path / "again.ckpt")
    assert before.weights.keys() == after.weights.keys() and before.settings == after.settings
    for name, tensor in before.weights.items():
        assert torch.equal(tensor, after.weights[name]) and tensor.dtype == after.weights[name].dtype, name


def test_export_then_import_gives_back_our_own_weights(exported, tmp_path, words):
    import_file(exported, tmp_path / "back", str(words))
    before, after = load_weights(tmp_path / "ours"), load_weights(tmp_path / "back")
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)
    ours, back = load_config(tmp_path / "ours"), load_config(tmp_path / "back")
    assert (ours.model, ours.method, ours.objectives) == (back.model, back.method, back.objectives)
    drawn_with = {"initializer_range", "bos_token_id", "eos_token_id"}  # of no meaning once there are weights
    assert {**ours.text, **dict.fromkeys(drawn_with)} == {**back.text, **dict.fromkeys(drawn_with)}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("itm_head.fc.weight", lambda weights, name: weights.pop(name), "missing: itm_head.fc.weight"),
        ("nonsense", lambda weights, name: weights.update({name: torch.ones(1)}), "surplus: nonsense"),
        ("itm_head.fc.weight", lambda weights, name: weights.update({name: torch.ones(3, 3)}), "misshapen: itm_head.fc.weight"),
    ],
)
def test_tensors_that_do_not_fit_are_named_and_nothing_is_written(exported, tmp_path, words, name, change, message):
    file = read(exported)
    change(file.weights, name)
    write(tmp_path / "wrong.ckpt", AuthorsFile(file.weights, file.settings))
    with pytest.raises(SystemExit, match=rf"wrong.ckpt: its tensors do not make a model; .*{message}"):
        import_file(tmp_path / "wrong.ckpt", tmp_path / "model", str(words))
    assert not (tmp_path / "model").exists()


def test_a_folder_that_is_there_is_left_alone(exported, tmp_path, words):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("precious")
    with pytest.raises(SystemExit, match="mine: is there already; remove it, or name another folder"):
        import_file(exported, tmp_path / "mine", str(words))
    assert (tmp_path / "mine" / "notes.txt").read_text() == "precious"


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(exported, tmp_path):
    train(["a mass in the left lung"], 300).save_pretrained(tmp_path / "larger")
    with pytest.raises(SystemExit, match=r"has 40 tokens, but the tokenizer \d+; name the model's own with --tokenizer"):
        import_file(exported, tmp_path / "model", str(tmp_path / "larger"))


def test_a_size_that_cannot_be_read_is_named(exported, tmp_path, words):
    file = read(exported)
    del file.settings["num_heads"]
    write(tmp_path / "wrong.ckpt", file)
    with pytest.raises(SystemExit, match="wrong.ckpt: num_heads is missing"):
        import_file(tmp_path / "wrong.ckpt", tmp_path / "model", str(words))


def test_a_weight_without_a_place_in_the_authors_files_is_refused():
    with pytest.raises(ValueError, match="objectives.mlm.decoder.mixer.0.weight has no place"):
        authors_name("objectives.mlm.decoder.mixer.0.weight", 4)
