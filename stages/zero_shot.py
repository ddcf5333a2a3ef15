"""zero_shot: retrieval both ways on the sampled pairs, with the pre-trained matching head."""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.disk.json import write_json
from m3ae.engine.processes import add_paths, is_first, join
from m3ae.engine.watch import watched
from m3ae.evaluate.scores import in_a_line
from m3ae.evaluate.zero_shot import zero_shot
from m3ae.params import StageParams
from m3ae.prepare.params import RetrieveParams


class Params(StageParams):
    pretrained: Path
    retrieve: RetrieveParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_paths(parser, ("shards", "out", "metrics"))
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    join()
    with watched(), disk_errors_reported(args.out):
        figures = zero_shot(args.shards, params.pretrained, args.out, params.retrieve.text_tokens, params.retrieve.rerank)
        if is_first():
            write_json(args.metrics, figures)
            print(in_a_line("zero_shot", {"pretrained": figures} if figures["found"] else {}))


if __name__ == "__main__":
    main()
