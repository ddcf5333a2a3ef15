"""The stage's parts put together: model folders and shards in; pictures, and where words look, out. Nothing is trained or tested."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from m3ae.disk.json import write_json
from m3ae.engine.processes import gathered, is_first, process_share
from m3ae.model.config import CONFIG
from m3ae.visualise.attention import attention
from m3ae.visualise.reconstructions import draw_reconstructions

RECONSTRUCTIONS, ATTENTION = "reconstructions", "attention.json"


class VisualisePaths(NamedTuple):
    shards: Path  # `pretrain` and `tasks` lie in it
    finetuned: Path
    out: Path


def run(
    pretrained: Path, pretrain_releases: Sequence[str], tasks: Sequence[str], seeds: Sequence[int], seed: int, paths: VisualisePaths
) -> None:
    """Write what the report shows; of the tasks, the model of the first seed."""
    models = {task: paths.finetuned / f"{task}-{seeds[0]}" for task in tasks}
    trained = [task for task in tasks if (models[task] / CONFIG).is_file()]  # none of a release that was not found
    share = [attention(models[task], paths.shards / "tasks" / task) for task in trained[process_share()]]
    found = dict(zip(trained, gathered(share), strict=True))
    folders = [paths.shards / "pretrain" / release for release in pretrain_releases]
    measured = draw_reconstructions(pretrained, folders, seed, paths.out / RECONSTRUCTIONS)
    if is_first():
        write_json(paths.out / RECONSTRUCTIONS / "measured.json", measured)
        write_json(paths.out / ATTENTION, found)
        print(in_a_line(measured, found))


def in_a_line(measured: dict[str, Any], found: dict[str, list[Any]]) -> str:
    told = (f"{row['mask_ratio']:.0%} masked MIM loss {row['loss']:.3f}, SSIM {row['ssim']:.3f}" for row in measured.get("rows", ()))
    return f"visualise: {'; '.join(told) or measured['missing']}; attention of {', '.join(found) or 'no task'}"
