"""One release -> its shards: read, clean, filter, resize, write, count. Paper, section 3; METHOD's downstream table."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from m3ae.inventory import Found
from m3ae.jsonfile import write_json
from m3ae.licences import Licence, family
from m3ae.prepare.params import PrepareParams
from m3ae.prepare.rows import RowMaker
from m3ae.prepare.survey import AnswerSource, Survey, moved
from m3ae.prepare.tally import Tally
from m3ae.prepare.workers import in_order
from m3ae.readers import medicat, melinda, own, roco, rocov2, slake, vqa_med_2019, vqa_rad
from m3ae.readers.melinda import Label
from m3ae.readers.published import DUPLICATE, Dropped, ReleaseError, within
from m3ae.readers.slake import Language
from m3ae.record import Record
from m3ae.releases import against_published, verdict
from m3ae.shards import Header, ShardWriter, new_folder, write_absent
from m3ae.tasks import TASKS, Kind

Reader = Callable[..., Iterator[Record | Dropped]]  # of the release's folder, and what its own parameters are
READERS: dict[str, Reader] = {
    "roco": roco.read,
    "rocov2": rocov2.read,
    "medicat": medicat.read,
    "vqa_rad": vqa_rad.read,
    "slake": slake.read,
    "vqa_med_2019": vqa_med_2019.read,
    "melinda": melinda.read,
    "own": own.read,
}
NOT_LICENSED = "licence not chosen"
ROWS_WORTH_A_WORKER = 1000  # fewer are read sooner than a process starts


class Choices(NamedTuple):
    """What of params.yaml decides the result."""

    seed: int
    answers: AnswerSource
    licenses: tuple[Licence, ...]  # whose images may be used; none named: all
    languages: tuple[Language, ...]  # of SLAKE's questions
    melinda_label: Label
    prepare: PrepareParams

    def are_the_papers(self) -> bool:
        """Whether the rows that are read are those that published counts speak of."""
        return not self.licenses and self.languages == ("en",)


def prepare(name: str, folder: Path, found: Found, out: Path, choices: Choices, workers: int) -> dict[str, Any]:
    """The shards of the release in `folder`, written to `out`; returns the counts for its metrics file.

    Raises `ReleaseError` where the release is not laid out as published.
    """
    if not found.found:
        write_absent(out, name)
        return {"found": False, "synthetic": False, "read": 0, "kept": 0, "dropped": {}, "splits": {}}
    if not folder.is_dir():
        raise ReleaseError(f"{folder}: is gone since data/inventory was made; bring it back, or run `dvc repro --force inventory`")
    with new_folder(out) as partial:
        figures = write(name, folder, found.synthetic, partial, choices, workers)
    return {"found": True, "synthetic": found.synthetic, **figures}


def write(name: str, folder: Path, synthetic: bool, out: Path, choices: Choices, workers: int) -> dict[str, Any]:
    kind, params = task_kind(name), choices.prepare
    survey = Survey.of(wanted(name, folder, choices), kind)
    held_out = survey.held_out(params.validation_share, choices.seed)
    records = (moved(record, held_out) for record in wanted(name, folder, choices))
    rows = in_order(RowMaker(folder, kind, params), records, min(workers, 1 + survey.num_rows // ROWS_WORTH_A_WORKER))
    tally = Tally()
    with ShardWriter(out, Header(name, synthetic, params.encoding, params.image_px, params.rows_per_shard)) as shards:
        for row in rows:
            if isinstance(row, Dropped):
                tally.dropped.append(row)
            else:
                shards.write(row)
                tally.kept[row.split] += 1
    tally.write_dropped(out / "dropped.parquet")
    answers = survey.answer_list(kind, choices.answers)
    figures = tally.figures() | write_answers(out, answers)
    return figures if synthetic or not choices.are_the_papers() else figures | published(name, survey, choices.answers, answers)


def published(name: str, survey: Survey, source: AnswerSource, answers: list[str]) -> dict[str, Any]:
    """What was found beside what was published, where that is known; it is also said aloud."""
    counts = against_published(name, survey.records, len(answers) if source == "all" else None)
    if counts:
        print(f"{name}: {verdict(counts)}")
    return {"published": {key: count._asdict() for key, count in counts.items()}} if counts else {}


def wanted(name: str, folder: Path, choices: Choices) -> Iterator[Record | Dropped]:
    """The release's records, of which what was not chosen is dropped."""
    options = {"slake": {"languages": choices.languages}, "melinda": {"label": choices.melinda_label}}
    return licensed(distinct(READERS[name](folder, **options.get(name, {})), folder), folder, choices.licenses)


def licensed(records: Iterable[Record | Dropped], folder: Path, licenses: tuple[Licence, ...]) -> Iterator[Record | Dropped]:
    for record in records:
        if licenses and isinstance(record, Record) and family(record.licence) not in licenses:
            record = Dropped(record.id, record.split, within(record.image, folder), NOT_LICENSED)
        yield record


def distinct(records: Iterable[Record | Dropped], folder: Path) -> Iterator[Record | Dropped]:
    """The records, of which the first of each name in its split is kept."""
    seen: set[tuple[str, str]] = set()
    for record in records:
        if isinstance(record, Record) and (record.split, record.id) in seen:
            record = Dropped(record.id, record.split, within(record.image, folder), DUPLICATE)
        elif isinstance(record, Record):
            seen.add((record.split, record.id))
        yield record


def task_kind(release: str) -> Kind | None:
    """What the release's task makes of it; None where it only serves pre-training."""
    return next((task.kind for task in TASKS.values() if task.release == release), None)


def write_answers(out: Path, answers: list[str]) -> dict[str, int]:
    """The answer list beside the shards, and its length; nothing where there are no answers."""
    if not answers:
        return {}
    write_json(out / "answers.json", answers)
    return {"answers": len(answers)}
