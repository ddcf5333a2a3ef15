"""The paper's claims, one factor at a time: both masking ratios, the reconstruction layer, the decoders, the objectives.

python -m benchmarks.ablation runs every row with every seed as an experiment of its own (`dvc exp run --temp`), then writes one table
and one figure; `--collect` runs nothing. What docs/ablation/results.csv holds is not run again, so that several sittings and machines
can share the rows: remove its lines, or the file, to run them anew. A seed is that of the synthetic data, of pre-training
and of fine-tuning. From-scratch baselines do not depend on a row, so DVC runs them once a seed.

A difference is a row's score less that of the committed parameters with the same seed; its interval is Student's over the seeds, which says
nothing where one was run. Several hours on two cores: name rows and seeds to run some.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

import polars as pl
from matplotlib.figure import Figure
from scipy.stats import ttest_1samp

from benchmarks.differences import Difference, drawn
from benchmarks.experiments import read, refuse_changes, run
from benchmarks.tables import table as markdown_table
from m3ae.evaluate.intervals import CONFIDENCE
from m3ae.report.measured import value_at
from m3ae.report.revision import head

REFERENCE = "as committed"
ROWS: dict[str, tuple[str, ...]] = {
    REFERENCE: (),
    "image ratio 0.25": ("mask_ratio=0.25",),
    "image ratio 0.5": ("mask_ratio=0.5",),
    "image ratio 0.9": ("mask_ratio=0.9",),
    "text ratio 0.3": ("text_mask_ratio=0.3",),
    "text ratio 0.45": ("text_mask_ratio=0.45",),
    "text ratio 0.6": ("text_mask_ratio=0.6",),
    "MIM after layer 0": ("mim_layer=0",),
    "MIM after layer 1": ("mim_layer=1",),
    "MIM after layer 2": ("mim_layer=2",),
    "MIM after the last layer": ("mim_layer=-1",),
    "MIM decoder MLP": ("mim_decoder=mlp",),
    "MLM decoder Transformer": ("mlm_decoder=transformer",),
    "decoders swapped": ("mim_decoder=mlp", "mlm_decoder=transformer"),
    "without MLM": ("objectives.mlm=0",),
    "without MIM": ("objectives.mim=0",),
    "without ITM": ("objectives.itm=0",),
}
SCORES = {  # column -> key in data/metrics/report.json
    "QA mean": "question_answering.pretrained",
    "VQA-RAD": "tasks.vqa_rad.pretrained",
    "SLAKE": "tasks.slake.pretrained",
    "VQA-Med-2019": "tasks.vqa_med_2019.pretrained",
    "MELINDA": "tasks.melinda.pretrained",
    "R@1 zero-shot": "retrieval_zero_shot.text_to_image.r1",
    "MLM gain from image": "mlm_gain_from_image",
}
MAIN = "QA mean"
SCHEMA = {"row": pl.String, "seed": pl.Int64, "score": pl.String, "value": pl.Float64}
OUT = Path("docs/ablation")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS)[1:], default=list(ROWS)[1:], metavar="ROW", help=", ".join(list(ROWS)[1:]))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--collect", action="store_true", help="run nothing; write table and figure of what has run")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="of every row, the reference too: scale=paper")
    args = parser.parse_args()
    wanted, have = [(row, seed) for seed in args.seeds for row in (REFERENCE, *args.rows)], kept(OUT)
    missing = [pair for pair in wanted if pair not in set(have.select("row", "seed").iter_rows())]
    if not args.collect:
        refuse_changes()
        for row, seed in missing:
            run(name(row, seed), [f"seed={seed}", f"seeds=[{seed}]", *args.set, *ROWS[row]])
    found = collected((row, seed, metrics(name(row, seed))) for row, seed in missing)
    write(pl.concat([have, found.with_columns(commit=pl.lit(head()[:9]))]), OUT)


def name(row: str, seed: int) -> str:
    return "-".join(["ablation", *row.lower().replace(".", "").split(), f"seed{seed}"])


def metrics(experiment: str) -> dict[str, float]:
    """Return the scores of an experiment, none where there is no such one."""
    report = read(experiment, "data/metrics/report.json")
    found = {score: value_at(report, key) for score, key in SCORES.items()}
    return {score: value for score, value in found.items() if value is not None}


def collected(runs: Iterable[tuple[str, int, dict[str, float]]]) -> pl.DataFrame:
    """Return a line for each score of each run: row, seed, score, value."""
    lines = [(row, seed, score, value) for row, seed, scores in runs for score, value in scores.items()]
    return pl.DataFrame(lines, schema=SCHEMA, orient="row")


def kept(out: Path) -> pl.DataFrame:
    """Return the lines that are there from before, each with the commit at which it was run."""
    path, schema = out / "results.csv", {**SCHEMA, "commit": pl.String}
    return pl.read_csv(path, schema=schema) if path.exists() else pl.DataFrame(schema=schema)


def difference(table: pl.DataFrame, row: str, score: str) -> Difference | None:
    """Return how far a row is above the reference, over the seeds that both have; None where there is none."""
    both = [table.filter(pl.col("row") == one, pl.col("score") == score).select("seed", "value") for one in (row, REFERENCE)]
    pairs = both[0].join(both[1], on="seed")
    gains = (pairs["value"] - pairs["value_right"]).to_list()
    if not gains:
        return None
    interval = ttest_1samp(gains, 0).confidence_interval(CONFIDENCE) if len(gains) > 1 else None
    return Difference(fmean(gains), None if interval is None else (float(interval.low), float(interval.high)))


def write(table: pl.DataFrame, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    table.write_csv(out / "results.csv")
    (out / "table.md").write_text(markdown(table), encoding="utf-8")
    figure(table).savefig(out / "ablation.png", dpi=160, metadata={"Software": None})


def markdown(table: pl.DataFrame) -> str:
    """Return a line for each row that has run: its seeds, and each score with its difference from the reference."""
    rows = []
    for row in present(table):
        part = table.filter(pl.col("row") == row)
        rows.append((row, str(part["seed"].n_unique()), *(cell(table, row, score) for score in SCORES)))
    return markdown_table(("Row", "Seeds", *SCORES), rows)


def present(table: pl.DataFrame) -> list[str]:
    return [row for row in ROWS if row in set(table["row"])]


def cell(table: pl.DataFrame, row: str, score: str) -> str:
    values = table.filter(pl.col("row") == row, pl.col("score") == score)["value"]
    if values.is_empty():
        return "–"
    gain = difference(table, row, score) if row != REFERENCE else None
    if gain is None:
        return f"{values.mean():.1f}"
    between = "" if gain.interval is None else f"; {gain.interval[0]:+.1f} to {gain.interval[1]:+.1f}"
    return f"{values.mean():.1f} ({gain.mean:+.1f}{between})"


def figure(table: pl.DataFrame) -> Figure:
    """Draw each row's difference in the mean over the question-answering tasks, with its interval over seeds."""
    rows = [(row, difference(table, row, MAIN)) for row in present(table) if row != REFERENCE]
    return drawn(rows, "question answering, points against the committed parameters (95% interval over seeds)")


if __name__ == "__main__":
    main()
