"""prepare: one release, as published, to Arrow shards, with a count of everything that was dropped.

Several machines that see the project's folder share the work: `python -m stages.prepare ... --share 3/16` on the third of sixteen makes
every sixteenth partition and stops; `dvc repro` then makes what is missing and assembles. See docs/gpus.md.
"""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.disk.identity import Identity
from m3ae.disk.json import write_json
from m3ae.disk.state import root
from m3ae.params import Seed, StageParams
from m3ae.prepare.on_ray import prepare_on_ray
from m3ae.prepare.params import PrepareParams
from m3ae.prepare.partitions import Share
from m3ae.prepare.release import DECODERS, Choices, prepare, prepare_share
from m3ae.prepare.shared_state import shared
from m3ae.protocol import AnswerSource, Protocol
from m3ae.releases.catalogue import CATALOGUE
from m3ae.releases.inventory import read_inventory
from m3ae.releases.licences import Licence
from m3ae.releases.readers.melinda import Label
from m3ae.releases.readers.slake import Language
from m3ae.workers import num_workers


class Params(StageParams):
    seed: Seed
    releases: Path
    protocol: Protocol
    answers: AnswerSource
    licences: tuple[Licence, ...]
    languages: tuple[Language, ...]
    melinda_label: Label
    image_folders: tuple[Path, ...]
    prepare: PrepareParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", choices=CATALOGUE, required=True)
    for name in ("inventory", "out", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--releases", type=Path, help="the folder that holds the releases; default: `releases` of params.yaml")
    parser.add_argument("--share", type=Share.read, help="make every n-th partition alone, such as 3/16, and leave it for the plain stage")
    parser.add_argument("--ray", type=int, metavar="N", help="make all partitions in N shares on a Ray cluster, and leave them likewise")
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    choices = Choices(*(getattr(params, name) for name in Choices._fields))
    folder, found = (args.releases or params.releases) / args.release, read_inventory(args.inventory)
    identity = Identity.of("prepare", DECODERS, key=args.release)
    state = root() / "prepare" / identity.name()
    if found.found and not state.exists() and (passed_over := identity.passed_over(state.parent)):
        print(passed_over)
    with shared(state):
        if found.found:
            identity.write(state)
        if args.ray:
            print(f"{args.release}: {prepare_on_ray(args.release, folder, found, choices, args.ray, state)} partitions are ready")
        elif args.share:
            num_ready = prepare_share(args.release, folder, found, choices, num_workers(), args.share, state)
            print(f"{args.release}: {num_ready} partitions are ready")
        else:
            figures = prepare(args.release, folder, found, args.out, choices, num_workers(), state)
            with disk_errors_reported(args.metrics):
                write_json(args.metrics, figures)
            kept = f"{figures['kept']:,} of {figures['read']:,} records kept" if found.found else f"not found in {folder.parent}"
            print(f"prepare: {args.release}, {kept}")


if __name__ == "__main__":
    main()
