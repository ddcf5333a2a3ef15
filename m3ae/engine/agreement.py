"""All processes of a run read the same: compared once, so that a stale copy on one machine's own disk is not averaged into the weights."""

import json
import socket
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import torch.distributed as dist

from m3ae.disk.digest import name_of_file
from m3ae.disk.identity import Identity, known_by
from m3ae.disk.named import first_few
from m3ae.engine.processes import every

MOST_NAMED = 6  # things that differ, in one line


def facts_of(identity: Identity) -> dict[str, str]:
    """Return all that a run's identity consists of, as name -> value."""
    parameters = {f"the parameter {key}": json.dumps(value) for key, value in identity.parameters.items()}
    return parameters | {f"the version of {name}": number for name, number in identity.versions.items()} | identity.files


def facts_of_files(**inputs: Path) -> dict[str, str]:
    """Return a digest for each file that stands for these files and folders, under names that are the same on every machine."""
    return {f"{name}: {path.relative_to(place)}": name_of_file(path) for name, place in inputs.items() for path in known_by(place)}


def require_agreement(facts: Mapping[str, str]) -> None:
    """Raise SystemExit in all processes, which must all call, where one knows other facts than most; it names the process and the facts."""
    told = every((f"rank {dist.get_rank()} on host {socket.gethostname()}", dict(facts)))
    usual = Counter(json.dumps(theirs, sort_keys=True) for _, theirs in told).most_common(1)[0][0]
    for who, theirs in told:
        if differing := different(json.loads(usual), theirs):
            named = first_few(differing, MOST_NAMED)
            raise SystemExit(f"{who} reads other things than the other processes: {named}; let all read one folder (docs/cluster.md)")


def different(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
