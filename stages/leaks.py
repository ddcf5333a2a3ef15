"""leaks: what is both pre-trained on and tested on, as tables, counts and a picture; and what pre-training leaves out for it."""

import argparse
from pathlib import Path

from m3ae.batches.excluded import write_excluded
from m3ae.disk.folders import disk_errors_reported
from m3ae.disk.json import write_json
from m3ae.leaks.audit import audit, is_synthetic, leaked
from m3ae.leaks.sheet import draw_sheet
from m3ae.params import StageParams
from m3ae.protocol import DropLeaks, Protocol, drops_leaks


class Params(StageParams):
    pretrain_releases: tuple[str, ...]
    protocol: Protocol
    drop_leaks: DropLeaks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("shards", "out", "texts", "excluded", "metrics", "sheet"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    found, synthetic = audit(args.shards, params.pretrain_releases), is_synthetic(args.shards, params.pretrain_releases)
    excluded = leaked(found.images) if drops_leaks(params.protocol, params.drop_leaks) else {}
    with disk_errors_reported(args.out.parent):
        found.images.write_parquet(args.out)
        found.texts.write_parquet(args.texts)
        write_excluded(args.excluded, excluded)
        write_json(args.metrics, found.metrics(excluded, synthetic))
        draw_sheet(args.sheet, found, synthetic)
    num_excluded = sum(map(len, excluded.values()))
    print(f"leaks: {len(found.images):,} pairs of images, {len(found.texts):,} texts; {num_excluded:,} images left out of pre-training")


if __name__ == "__main__":
    main()
