"""The pipeline as DVC reads it: its stages, what each is made from, and which of them makes a file."""

import os
from collections.abc import Iterable
from pathlib import Path

import networkx
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.stage import Stage

from m3ae.lineage.on_disk import Disk


class Pipeline:
    """The DVC repository in the working folder. Raises SystemExit where there is none, or DVC cannot read it."""

    def __init__(self) -> None:
        if not Path("dvc.yaml").is_file():
            raise SystemExit("dvc.yaml: no such file; run from the project's folder")
        try:
            self.repo = Repo()
            self.graph = self.repo.index.graph
        except DvcException as error:
            raise SystemExit(f"dvc.yaml: DVC cannot read it ({error}); correct it, or run `dvc init` where there was none") from None
        self.disk = Disk(self.repo)

    def from_the_origin(self) -> list[Stage]:
        """Return all stages, each after those that it depends on."""
        return list(networkx.lexicographical_topological_sort(self.graph.reverse(), key=name))

    def chain(self, stages: Iterable[Stage]) -> list[list[Stage]]:
        """Return the stages and all that they are made from, in generations: each stage in a later one than those that read it."""
        wanted = set(stages).union(*(networkx.descendants(self.graph, stage) for stage in stages))
        return [sorted(generation, key=name) for generation in networkx.topological_generations(self.graph.subgraph(wanted))]

    def makers(self, path: Path) -> list[Stage]:
        """Return the stages of whose outputs `path` is one, a part, or a folder around them."""
        place = Path(os.path.abspath(path))
        outputs = ((stage, Path(out.fs_path)) for stage in self.graph for out in stage.outs)
        found = {stage for stage, out in outputs if place.is_relative_to(out) or out.is_relative_to(place)}
        return sorted(found, key=name)

    def named(self, stage: str) -> list[Stage]:
        """Return the stages of this name, or of this loop and this item, whatever the last number: `evaluate@vqa_rad`."""
        return sorted((known for known in self.graph if stage in (name(known), name(known).rpartition("-")[0])), key=name)


def name(stage: Stage) -> str:
    return stage.addressing
