"""Checkpoints from strangers: each is imported soundly, or refused in one line that names the file, and asks for no memory."""

import resource
import zipfile

import pytest
import torch

from m3ae.authors.convert import import_file
from m3ae.authors.files import AuthorsFile, read, write
from m3ae.model.config import load_config

EMBEDDINGS, CARRIED = "language_encoder.embeddings.word_embeddings.weight", "vision_encoder.visual.proj"
LARGE = torch.zeros(1).expand(100_000, 100_000)  # one number, said to be 40 GB
MARKUP = {"note\n\n<script>alert(1)</script>": "x\n---\nlicense: cc0-1.0\n---\n# Fake\n<img src=x onerror=alert(1)>"}


def weight(name, make):
    return lambda file: file.weights.update({name: make(file.weights.get(name))})


def setting(name, value):
    return lambda file: file.settings.update({name: value})


@pytest.fixture(autouse=True)
def little_memory():
    """8 GiB of addresses, for this process alone: what asks for more fails."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (max(8 << 30, used() + (4 << 30)), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def used() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (weight(CARRIED, lambda _: LARGE), "visual.proj is said to hold 10,000,000,000 numbers, and the file has 1 for it"),
        (weight(EMBEDDINGS, lambda own: torch.zeros(1).expand(200_000_000, own.shape[1])), "is said to hold"),
        (weight("x", lambda _: LARGE), "x is said to hold"),
        (weight(CARRIED, lambda _: torch.zeros(3, device="meta")), "is no plain tensor"),
        (weight(CARRIED, lambda _: torch.eye(3).to_sparse()), "plain tensor"),
        (weight(EMBEDDINGS, lambda own: own.to(torch.complex64)), "holds torch.complex64, no real numbers"),
        (weight(EMBEDDINGS, lambda own: own.to(torch.int8)), "holds torch.int8, no real numbers"),
        (weight(EMBEDDINGS, lambda own: own * float("nan")), "holds numbers that are not finite"),
        (weight(5, lambda _: torch.zeros(1)), "has no `state_dict` of tensors"),
        (setting("num_heads", -1), "no model of this project has these sizes"),
        (setting("num_heads", 0), "no model of this project has these sizes"),
        (setting("num_heads", "many"), "no model of this project has these sizes"),
        (setting("max_text_len", 10**12), "max_text_len|text_tokens"),
        (setting("mim_decoder_num_layers", 10**7), "decoder_depth"),
        (setting("mim_layer", 40), "mim_layer = 40"),
        (setting("tokenizer", None), "tokenizer"),
        (setting("tokenizer", [1]), "tokenizer"),
        (setting("odd", torch.zeros(2)), "its settings are no plain values"),
        (setting(3, 4), "has no `hyper_parameters` with a `config`"),
    ],
)
def test_a_checkpoint_that_is_none_is_refused_in_one_line(exported, tmp_path, words, change, message):
    file = read(exported)
    change(file)
    write(tmp_path / "odd.ckpt", AuthorsFile(file.weights, file.settings))
    refused(tmp_path, words, message)


@pytest.mark.parametrize("parameters", [[1], {"config": [1, 2]}, {"config": None}, None, 3])
def test_settings_of_another_kind_are_refused_in_one_line(exported, tmp_path, words, parameters):
    torch.save({"state_dict": read(exported).weights, "hyper_parameters": parameters}, tmp_path / "odd.ckpt")
    refused(tmp_path, words, "has no `hyper_parameters` with a `config` of named settings")


def test_a_compressed_checkpoint_is_refused_before_it_is_unpacked(exported, tmp_path, words):
    with zipfile.ZipFile(exported) as whole, zipfile.ZipFile(tmp_path / "odd.ckpt", "w", zipfile.ZIP_DEFLATED) as packed:
        for part in whole.infolist():
            packed.writestr(part.filename, whole.read(part))
    refused(tmp_path, words, "it is compressed")


def refused(folder, words, message):
    with pytest.raises(SystemExit, match=message) as error:
        import_file(folder / "odd.ckpt", folder / "model", str(words))
    assert str(error.value).startswith(f"{folder / 'odd.ckpt'}: ") and "\n" not in str(error.value)
    assert not [path.name for path in folder.iterdir() if "model" in path.name]


def test_a_file_that_names_a_place_on_this_machine_as_its_tokenizer_is_refused(exported, tmp_path):
    file = read(exported)
    file.settings["tokenizer"] = "/etc"
    write(tmp_path / "odd.ckpt", file)
    with pytest.raises(SystemExit, match=r"odd.ckpt: names no published tokenizer \(/etc\); give the model's own with --tokenizer"):
        import_file(tmp_path / "odd.ckpt", tmp_path / "model")


def test_three_fusion_layers_are_imported(exported, tmp_path, words):
    """What a scale may ask for is no limit of what others have trained."""
    file = read(exported)
    kept = {name: tensor for name, tensor in file.weights.items() if "_layers.3." not in name}
    write(tmp_path / "three.ckpt", AuthorsFile(kept, {**file.settings, "mim_layer": 2, "num_top_layer": 3}))
    import_file(tmp_path / "three.ckpt", tmp_path / "model", str(words))
    assert load_config(tmp_path / "model").model.fusion_depth == 3


def test_a_card_quotes_what_a_checkpoint_says(exported, tmp_path, words):
    file = read(exported)
    file.settings.update(MARKUP)
    write(tmp_path / "odd.ckpt", file)
    import_file(tmp_path / "odd.ckpt", tmp_path / "model", str(words))
    lines = (tmp_path / "model" / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines.count("---") == 2 and not [line for line in lines if line.startswith(("# Fake", "<"))]
    assert [line for line in lines if line.startswith("license")] == ["license: other", "license_name: of-the-training-data"]
    [quoted] = [line for line in lines if "script" in line]
    assert quoted.startswith("- `note  <script>") and quoted.count("`") == 4
