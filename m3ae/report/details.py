"""Each task by itself: where its files are, its scores by groups, the answers given, mistaken and believed, and examples."""

from collections.abc import Sequence
from dataclasses import dataclass

from m3ae.report.answers_given import AnswersGiven, answers_given
from m3ae.report.calibration import Calibration, calibration, reliability
from m3ae.report.confusion import Confusion, answered, confusion, pairs
from m3ae.report.examples import Gallery, gallery
from m3ae.report.groups import Grouped, grouped, tables
from m3ae.report.looks import Look, looks
from m3ae.report.measured import Asked, Result
from m3ae.report.origins import Link, Places, links, stages
from m3ae.report.vector import Picture

STARTS = {"pretrained": "pre-trained", "scratch": "from scratch"}


@dataclass(frozen=True)
class Detail:
    """One task's section. What gives no answers has no `answers`, `confusion` or `reliability`."""

    result: Result
    links: list[Link]
    stages: list[str]
    groups: list[Grouped]
    gallery: Gallery
    looks: list[Look]
    answers: AnswersGiven | None = None
    confusion: Confusion | None = None
    calibrations: tuple[Calibration, ...] = ()
    reliability: Picture | None = None
    pairs: Link | None = None  # the file of every pair in `confusion`

    @property
    def anchor(self) -> str:
        return f"task-{self.result.entry.name}"


def details(results: Sequence[Result], asked: Asked, places: Places) -> list[Detail]:
    """Return every task's section."""
    return [detail(result, asked, places) for result in results]


def detail(result: Result, asked: Asked, places: Places) -> Detail:
    inputs, entry = places.inputs, result.entry
    read = {start: answered(tables(result, asked, inputs, start)) for start in STARTS}
    calibrations = tuple(calibration(STARTS[start], rows) for start, rows in read.items() if rows is not None)
    return Detail(
        result,
        links(result, asked, places),
        stages(result, asked, inputs),
        grouped(result, asked, inputs),
        gallery(result, asked, inputs),
        looks(result, asked, inputs),
        next(iter(answers_given([result], asked, inputs)), None),
        None if read["pretrained"] is None else confusion(pairs(read["pretrained"])),
        calibrations,
        reliability(entry.name, entry.title, calibrations) if calibrations else None,
        places.link("pairs", inputs.data / "confusion" / f"{entry.name}.csv"),
    )
