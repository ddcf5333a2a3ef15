"""prepare: one release, as published, to Arrow shards, with a count of everything that was dropped.

Several machines that see the project's folder share the work: `python -m stages.prepare ... --share 3/16` on the third of sixteen makes
every sixteenth partition and stops; `dvc repro` then makes what is missing and assembles. See README, "At full size".
"""

import argparse
from pathlib import Path

from m3ae.inventory import RELEASES, read_inventory
from m3ae.jsonfile import write_json
from m3ae.licences import Licence
from m3ae.params import StageParams
from m3ae.prepare.on_ray import prepare_on_ray
from m3ae.prepare.params import PrepareParams
from m3ae.prepare.partitions import Share
from m3ae.prepare.release import Choices, prepare, prepare_share
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
    parser.add_argument("--share", type=Share.read, help="make every n-th partition alone, such as 3/16, and leave it for the plain stage")
    parser.add_argument("--ray", type=int, metavar="N", help="make all partitions in N shares on a Ray cluster, and leave them likewise")
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    choices = Choices(*(getattr(params, name) for name in Choices._fields))
    folder, found = args.releases / args.release, read_inventory(args.inventory)
    if args.ray:
        print(f"{args.release}: {prepare_on_ray(args.release, folder, found, choices, args.ray)} partitions are ready")
        return
    if args.share:
        print(f"{args.release}: {prepare_share(args.release, folder, found, choices, num_workers(), args.share)} partitions are ready")
        return
    write_json(args.metrics, prepare(args.release, folder, found, args.out, choices, num_workers()))


if __name__ == "__main__":
    main()
