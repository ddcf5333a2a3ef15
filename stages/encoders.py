"""encoders: a digest or commit of each named encoder and of a named tokenizer; the same bytes at every scale that names none."""

import argparse
from pathlib import Path

from m3ae.batches.params import TokenizerParams
from m3ae.disk.json import write_json
from m3ae.model.origins import origins
from m3ae.model.params import ScaledModelParams
from m3ae.params import StageParams


class Params(StageParams):
    model: ScaledModelParams
    tokenizer: TokenizerParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    write_json(args.out, origins(params.model.vision_encoder, params.model.text_encoder, params.tokenizer.source))


if __name__ == "__main__":
    main()
