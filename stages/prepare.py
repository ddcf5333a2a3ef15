"""prepare: one release, as published, to Arrow shards, with a count of everything that was dropped."""

import argparse
from pathlib import Path

from m3ae.inventory import RELEASES, read_inventory
from m3ae.jsonfile import write_json
from m3ae.licences import Licence
from m3ae.params import StageParams
from m3ae.prepare.params import PrepareParams
from m3ae.prepare.release import Choices, prepare
from m3ae.prepare.survey import AnswerSource
from m3ae.prepare.workers import num_workers
from m3ae.readers.melinda import Label
from m3ae.readers.slake import Language


class Params(StageParams):
    seed: int
    answers: AnswerSource
    licenses: tuple[Licence, ...]
    languages: tuple[Language, ...]
    melinda_label: Label
    prepare: PrepareParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", choices=RELEASES, required=True)
    for name in ("releases", "inventory", "out", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    choices = Choices(*(getattr(params, name) for name in Choices._fields))
    figures = prepare(args.release, args.releases / args.release, read_inventory(args.inventory), args.out, choices, num_workers())
    write_json(args.metrics, figures)


if __name__ == "__main__":
    main()
