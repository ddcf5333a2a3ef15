"""Why pre-training on real data gains or harms: each guess tried alone, one seed, scored on validation and never on test.

python -m benchmarks.guesses --releases FOLDER runs each guess as an experiment (`dvc exp run --temp`) and writes docs/real/guesses.md and
what it is made of; what has run is not run again, and `--collect` runs nothing. Each run is short, a third of docs/real's steps: the rows
are compared with each other and with nothing else. A guess may need a text encoder's folder: --text-encoder.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.experiments import read, refuse_changes, run
from benchmarks.real import settings
from benchmarks.tables import table
from m3ae.disk.json import write_json
from m3ae.report.measured import value_at

TASK = "vqa_med_2019"
STEPS, EPOCHS = 400, 2
REFERENCE = "roco and own"
GUESSES: dict[str, tuple[str, ...]] = {
    REFERENCE: (),
    "the head is drawn at random": ("scales/small.yaml:finetune.every_task.head_start=drawn",),
    "too few words are hidden: text ratio 0.4": ("text_mask_ratio=0.4",),
    "captions are long and shared by slices: own alone": ("pretrain_releases=[own]",),
    "own alone, and text ratio 0.4": ("pretrain_releases=[own]", "text_mask_ratio=0.4"),
    "matching at chance spoils the fusion: without ITM": ("objectives.itm=0",),
    "half the learning rate": ("scales/small.yaml:pretrain.learning_rate=3.5e-4",),
    "twice the learning rate": ("scales/small.yaml:pretrain.learning_rate=1.4e-3",),
    "too few steps: three times as many": (f"scales/small.yaml:pretrain.steps={3 * STEPS}",),
    "too narrow: fusion of 128": ("scales/small.yaml:model.fusion_width=128", "scales/small.yaml:model.decoder_width=128"),
}
PRETRAINED_TEXT = "words know nothing: a published text encoder"
COLUMNS = {  # column -> metrics file, key there, its factor to percent
    "MLM, own image": ("pretrain", "mlm.accuracy", 100),
    "MLM, other image": ("pretrain", "mlm.accuracy_shuffled_image", 100),
    "ITM": ("pretrain", "itm.accuracy", 100),
    "Linear probe": ("controls", f"{TASK}.chosen.linear_probe.validation", 1),
    "Fine-tuned": ("report", f"tasks.{TASK}.validation.pretrained", 1),
    "From scratch": ("report", f"tasks.{TASK}.validation.scratch", 1),
}
OUT = Path("docs/real")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=Path, help="the folder that holds them")
    parser.add_argument("--text-encoder", type=Path, help="folder of a BERT's weights and tokenizer")
    parser.add_argument("--rows", nargs="+", default=list(GUESSES), metavar="ROW", help=", ".join([*GUESSES, PRETRAINED_TEXT]))
    parser.add_argument("--collect", action="store_true", help="run nothing; write what has run")
    args = parser.parse_args()
    guesses = GUESSES | ({PRETRAINED_TEXT: with_text_encoder(args.text_encoder)} if args.text_encoder else {})
    if unknown := [row for row in args.rows if row not in guesses]:
        parser.error(f"no guess, or one without --text-encoder: {', '.join(unknown)}")
    if not args.collect:
        if not args.releases:
            parser.error("--releases is missing: the folder that holds roco, own and vqa_med_2019")
        refuse_changes()
        for row in args.rows:
            run(name(row), [*base(args.releases), *guesses[row]])
    write({row: metrics(row) for row in (*GUESSES, PRETRAINED_TEXT)}, OUT)


def base(releases: Path) -> list[str]:
    return [
        *settings(releases, [TASK], [0]),
        "robustness=none",
        "pretrain_releases=[roco,own]",
        f"scales/small.yaml:pretrain.steps={STEPS}",
        f"scales/small.yaml:finetune.{TASK}.epochs={EPOCHS}",
    ]


def with_text_encoder(folder: Path) -> tuple[str, ...]:
    path, sizes = folder.resolve(), json.loads((folder / "config.json").read_text(encoding="utf-8"))
    settings = {
        "tokenizer.source": path,
        "model.text_encoder": path,
        "model.text_width": sizes["hidden_size"],
        "model.text_depth": sizes["num_hidden_layers"],
        "model.text_heads": sizes["num_attention_heads"],
    }
    return tuple(f"scales/small.yaml:{key}={value}" for key, value in settings.items())


def name(row: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in row.lower()).split()
    return "-".join(["guess", *words])


def metrics(row: str) -> dict[str, float]:
    """Return a row's columns in percent, none where it has not run."""
    files: dict[str, Any] = {file: read(name(row), f"data/metrics/{file}.json") for file, _, _ in COLUMNS.values()}
    found = {column: (value_at(files[file], key), factor) for column, (file, key, factor) in COLUMNS.items()}
    return {column: value * factor for column, (value, factor) in found.items() if value is not None}


def write(rows: dict[str, dict[str, float]], out: Path) -> None:
    """Write the table of the rows that have run, and its numbers."""
    ran = {row: scores for row, scores in rows.items() if scores}
    write_json(out / "guesses.json", ran)
    (out / "guesses.md").write_text(markdown(ran), encoding="utf-8")


def markdown(rows: dict[str, dict[str, float]]) -> str:
    cells = ((row, *(f"{scores[column]:.1f}" if column in scores else "–" for column in COLUMNS)) for row, scores in rows.items())
    return table(("Guess", *COLUMNS), cells)


if __name__ == "__main__":
    main()
