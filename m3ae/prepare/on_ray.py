"""Partitions made by a Ray cluster, through Ray's own data library. An optional extra: `pip install m3ae-dvc[ray]`."""

from pathlib import Path
from typing import Any

from m3ae.prepare.partitions import Share
from m3ae.prepare.release import Choices, prepare_share
from m3ae.releases.inventory import Found


def prepare_on_ray(name: str, folder: Path, found: Found, choices: Choices, num_shares: int, state: Path) -> int:
    """Make every partition, a share a task of one core; return how many they are.

    Every machine must see both folders at these paths. Raises SystemExit where Ray is not installed.
    """
    try:
        import ray
    except ImportError:
        raise SystemExit("--ray needs Ray's data library: pip install 'm3ae-dvc[ray]'") from None
    release, kept = folder.resolve(), state.resolve()

    def make(row: dict[str, Any]) -> dict[str, Any]:
        return {"partitions": prepare_share(name, release, found, choices, 1, Share(row["share"], num_shares), kept)}

    ray.init(ignore_reinit_error=True, include_dashboard=False)
    shares = ray.data.from_items([{"share": number} for number in range(1, num_shares + 1)], override_num_blocks=num_shares)
    return int(shares.map(make, num_cpus=1).sum("partitions") or 0)
