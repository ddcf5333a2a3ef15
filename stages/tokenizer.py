"""tokenizer: train a byte-level BPE on the pre-training texts, or fetch a published tokenizer."""

import argparse
from pathlib import Path

from m3ae.batches.excluded import read_excluded
from m3ae.batches.params import TRAINED, TokenizerParams
from m3ae.batches.tokenizer import fetch, train
from m3ae.disk.whole import write_digests
from m3ae.params import StageParams
from m3ae.shards.read import open_split


class Params(StageParams):
    pretrain_releases: tuple[str, ...]
    tokenizer: TokenizerParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("shards", "excluded", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    if params.tokenizer.source == TRAINED:
        excluded = read_excluded(args.excluded)
        splits = {release: open_split(args.shards / release, "train") for release in params.pretrain_releases}
        rows = ((shards, row) for release, shards in splits.items() for row in shards.rows_without(excluded.get(release, frozenset())))
        texts = (text for shards, row in rows for text in shards.row(row)["texts"])
        tokenizer = train(texts, params.tokenizer.vocabulary)
    else:
        tokenizer = fetch(params.tokenizer.source)
    tokenizer.save_pretrained(args.out)
    write_digests(args.out)


if __name__ == "__main__":
    main()
