"""One release -> its shards: read, clean, filter, resize, write, count. Paper, section 3"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.compute as pc

from m3ae.disk.folders import new_folder
from m3ae.disk.json import write_json
from m3ae.prepare.params import PrepareParams
from m3ae.prepare.partitions import EVERYTHING, PartitionWriter, Share, link, partitions, read_dropped
from m3ae.prepare.rows import RowMaker
from m3ae.prepare.shared_state import shared
from m3ae.prepare.survey import Survey
from m3ae.prepare.tally import Tally
from m3ae.progress import followed
from m3ae.protocol import AnswerSource, Protocol, answer_source
from m3ae.releases.catalogue import CATALOGUE, against_published, verdict
from m3ae.releases.inventory import Found
from m3ae.releases.licences import Licence, family
from m3ae.releases.places import OUTSIDE
from m3ae.releases.readers.melinda import Label
from m3ae.releases.readers.published import DUPLICATE, Dropped, ReleaseError, within
from m3ae.releases.readers.slake import Language
from m3ae.releases.record import Record, Split
from m3ae.shards.format import ANSWERS, Header
from m3ae.shards.read import open_manifest, open_split
from m3ae.shards.write import write_absent, write_manifest
from m3ae.tasks import TASKS, Task
from m3ae.workers import in_order

NOT_LICENSED = "licence not chosen"
ROWS_WORTH_A_WORKER = 1000  # fewer are read sooner than a process starts
OPTIONAL_DECODERS = {"pydicom": "pydicom", "python-gdcm": "gdcm"}  # their modules
DECODERS = (  # whose version may change a byte
    *("pillow", "simplejpeg", "opencv-python-headless", "pyarrow", "ImageHash", "numpy"),
    *(package for package, module in OPTIONAL_DECODERS.items() if find_spec(module)),
)


class Choices(NamedTuple):
    """The parameters that decide the result."""

    seed: int
    protocol: Protocol
    answers: AnswerSource
    licences: tuple[Licence, ...]  # whose images may be used; none named: all
    languages: tuple[Language, ...]  # of SLAKE's questions
    melinda_label: Label
    image_folders: tuple[Path, ...]  # where images may lie besides
    prepare: PrepareParams

    def are_the_papers(self) -> bool:
        """Return whether the rows that are read are those that published counts speak of."""
        return not self.licences and self.languages == ("en",)


def prepare(name: str, folder: Path, found: Found, out: Path, choices: Choices, workers: int, state: Path) -> dict[str, Any]:
    """Write the shards of the release in `folder` to `out`; return the counts for its metrics file.

    Partitions that an earlier run, or other machines, finished are taken up; several runs may be at the same release at once. Raises
    `ReleaseError` where the release is not laid out as published, `DiskError` where the disk is full.
    """
    if not found.found:
        write_absent(out, name)
        return {"found": False, "synthetic": False, "read": 0, "kept": 0, "dropped": {}, "splits": {}}
    with shared(state) as shared_state:
        survey, parts = write_parts(name, folder, found, choices, workers, EVERYTHING, state)
        answers = survey.answer_list(answer_source(choices.protocol, choices.answers))
        with new_folder(out) as partial:
            figures: dict[str, Any] = write_answers(partial, answers)
            figures |= assemble(parts, partial, header(name, found, choices))
            figures |= {"texts": {"read": survey.num_texts, "kept": num_texts(partial)}}
        shared_state.say_assembled()
    if num_outside := figures["dropped"].get(OUTSIDE):
        print(
            f"{name}: {num_outside:,} images lie outside {folder}; name their folder in `image_folders` of params.yaml if they belong to it"
        )
    if not found.synthetic and choices.are_the_papers():
        figures |= published(name, survey, choices, answers)
    return {"found": True, "synthetic": found.synthetic, **figures}


def prepare_share(name: str, folder: Path, found: Found, choices: Choices, workers: int, share: Share, state: Path) -> int:
    """Write one machine's share of the partitions to the state folder, for `prepare` to assemble; return how many they are."""
    if not found.found:
        return 0
    with shared(state):
        return len(write_parts(name, folder, found, choices, workers, share, state)[1])


def write_parts(
    name: str, folder: Path, found: Found, choices: Choices, workers: int, share: Share, state: Path
) -> tuple[Survey, list[Path]]:
    """Write the share's partitions; return the survey, and the folders of these partitions in their order."""
    if not folder.is_dir():
        raise ReleaseError(f"{folder}: is gone since data/inventory was made; bring it back, or run `dvc repro --force inventory`")
    task, params = task_of(name), choices.prepare
    survey = Survey.of(wanted(name, folder, choices), task)
    records = survey.placed(wanted(name, folder, choices), choices.protocol, params.validation_share, choices.seed)
    mine = (part for part in partitions(records, params.rows_per_shard) if share.takes(part.number))
    write = PartitionWriter(state, RowMaker(folder, task, params, choices.image_folders), header(name, found, choices))
    written = in_order(write, mine, min(workers, 1 + survey.num_rows // ROWS_WORTH_A_WORKER))
    return survey, list(followed(written, name, f"{params.rows_per_shard:,} rows"))


def header(name: str, found: Found, choices: Choices) -> Header:
    params = choices.prepare
    window = None if params.dicom_window == "voi" else params.dicom_window
    return Header(name, found.synthetic, params.encoding, params.image_px, params.rows_per_shard, window)


def assemble(parts: list[Path], out: Path, header: Header) -> dict[str, Any]:
    """Write shards, manifest and dropped rows of all partitions to `out`, beside the answers; return the counts.

    Partition 12 becomes <split>-00012.arrow.
    """
    tally = Tally()
    shards: dict[Split, list[dict[str, Any]]] = {split: [] for split in Split}
    for part in parts:
        tally.dropped += read_dropped(part)
        for split, entry in open_manifest(part)["splits"].items():
            tally.kept[Split(split)] += entry["rows"]
            for shard in entry["shards"]:
                named = {**shard, "name": f"{split}-{part.name}.arrow"}
                link(part / shard["name"], out / named["name"])
                shards[split].append(named)
    write_manifest(out, header, shards)
    tally.write_dropped(out / "dropped.parquet")
    return tally.figures()


def num_texts(shards: Path) -> int:
    """Return the number of captions, references and questions in all shards.

    They are fewer than were read where some are too short or long, or their row was dropped.
    """
    return sum(pc.sum(pc.list_value_length(open_split(shards, split).column("texts"))).as_py() or 0 for split in Split)


def published(name: str, survey: Survey, choices: Choices, answers: list[str]) -> dict[str, Any]:
    """Return what was found beside what was published, where that is known, and print it."""
    source = answer_source(choices.protocol, choices.answers)
    counts = against_published(name, survey.records, len(answers) if source == "all" else None)
    if counts:
        print(f"{name}: {verdict(counts)}")
    return {"published": {key: count._asdict() for key, count in counts.items()}} if counts else {}


def wanted(name: str, folder: Path, choices: Choices) -> Iterator[Record | Dropped]:
    """Yield the release's records, of which what was not chosen is dropped."""
    options: dict[str, dict[str, Any]] = {"slake": {"languages": choices.languages}, "melinda": {"label": choices.melinda_label}}
    return licensed(distinct(CATALOGUE[name].read(folder, **options.get(name, {})), folder), folder, choices.licences)


def licensed(records: Iterable[Record | Dropped], folder: Path, licences: tuple[Licence, ...]) -> Iterator[Record | Dropped]:
    for record in records:
        if licences and isinstance(record, Record) and family(record.licence) not in licences:
            record = Dropped(record.id, record.split, within(record.image, folder), NOT_LICENSED)
        yield record


def distinct(records: Iterable[Record | Dropped], folder: Path) -> Iterator[Record | Dropped]:
    """Yield the records, of which the first of each id in its split is kept and the others are dropped."""
    seen: set[tuple[str, str]] = set()
    for record in records:
        if isinstance(record, Record) and (record.split, record.id) in seen:
            record = Dropped(record.id, record.split, within(record.image, folder), DUPLICATE)
        elif isinstance(record, Record):
            seen.add((record.split, record.id))
        yield record


def task_of(release: str) -> Task | None:
    """Return the release's task; None where it only serves pre-training."""
    return next((task for task in TASKS.values() if task.release == release), None)


def write_answers(out: Path, answers: list[str]) -> dict[str, int]:
    """Write the answer list beside the shards, and return its length; nothing where there are no answers."""
    if not answers:
        return {}
    write_json(out / ANSWERS, answers)
    return {"answers": len(answers)}
