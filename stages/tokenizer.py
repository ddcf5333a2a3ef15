"""tokenizer: train a byte-level BPE on the pre-training texts, or fetch a published tokenizer."""

import argparse
from pathlib import Path

from m3ae.params import StageParams
from m3ae.shards import open_split
from m3ae.tokenizer import fetch, train
from m3ae.tokenizer_params import TRAINED, TokenizerParams


class Params(StageParams):
    pretrain_releases: tuple[str, ...]
    tokenizer: TokenizerParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    if params.tokenizer.source == TRAINED:
        splits = [open_split(args.shards / release, "train") for release in params.pretrain_releases]
        texts = (text for shards in splits for row in range(len(shards)) for text in shards.row(row)["texts"])
        tokenizer = train(texts, params.tokenizer.vocabulary)
    else:
        tokenizer = fetch(params.tokenizer.source)
    tokenizer.save_pretrained(args.out)


if __name__ == "__main__":
    main()
