"""tokenizer: train a byte-level BPE on the pre-training texts, or fetch a published tokenizer; count the texts' tokens either way."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from m3ae.batches.excluded import read_excluded
from m3ae.batches.params import TRAINED, TokenizerParams
from m3ae.batches.tokenizer import Tokenizer, fetch_to_train_with, measured, train
from m3ae.disk.folders import disk_errors_reported
from m3ae.disk.json import write_json
from m3ae.disk.whole import write_digests
from m3ae.model.params import ScaledModelParams
from m3ae.params import StageParams
from m3ae.progress import followed
from m3ae.shards.read import open_split


class Params(StageParams):
    pretrain_releases: tuple[str, ...]
    tokenizer: TokenizerParams
    model: ScaledModelParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("shards", "excluded", "out", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    texts = training_texts(args.shards, args.excluded, params.pretrain_releases)
    source, vocabulary = params.tokenizer.source, params.tokenizer.vocabulary
    texts = followed(texts, "tokenizer", "text")
    tokenizer = train(texts, vocabulary) if source == TRAINED else fetch_to_train_with(source)
    with disk_errors_reported(args.out):
        tokenizer.save_pretrained(args.out)
        write_digests(args.out)
    saved = Tokenizer.load(args.out)
    texts = training_texts(args.shards, args.excluded, params.pretrain_releases)
    lengths = measured(texts, saved.fast, params.model.text_tokens)
    print(f"tokenizer: {len(saved):,} tokens")
    with disk_errors_reported(args.metrics):
        write_json(args.metrics, {"vocabulary": len(saved), "text_tokens": params.model.text_tokens, **lengths._asdict()})


def training_texts(shards: Path, excluded_path: Path, releases: tuple[str, ...]) -> Iterator[str]:
    """Yield the texts that pre-training reads, those of the validation split and of left-out images aside."""
    excluded = read_excluded(excluded_path)
    for release in releases:
        split = open_split(shards / release, "train")
        for row in split.rows_without(excluded.get(release, frozenset())).tolist():
            yield from split.row(row)["texts"]


if __name__ == "__main__":
    main()
