"""retrieve: zero-shot retrieval both ways on the held-out pairs, with the pre-trained matching head."""

import argparse
from pathlib import Path

from m3ae.jsonfile import write_json
from m3ae.params import StageParams
from m3ae.retrieval.params import RetrieveParams
from m3ae.retrieval.zero_shot import zero_shot
from m3ae.training.launch import is_first, join
from m3ae.training.watch import watched


class Params(StageParams):
    retrieve: RetrieveParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("shards", "pretrained", "out", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--local_rank", type=int, help="given by the deepspeed launcher; the environment says the same")
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    join()
    with watched():
        figures = zero_shot(args.shards, args.pretrained, args.out, params.retrieve.text_tokens)
        if is_first():
            write_json(args.metrics, figures)


if __name__ == "__main__":
    main()
