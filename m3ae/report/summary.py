"""The few numbers that tell whether a run has learned: report.json and the top of the page. Only what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from m3ae.evaluate.intervals import mean_interval
from m3ae.report.measured import Result, Row, value_at
from m3ae.report.published import ZERO_SHOT

DIRECTIONS = ("text_to_image", "image_to_text")


def summary(results: Sequence[Result], pretrain: dict[str, Any] | None, found: dict[str, Any] | None) -> dict[str, Any]:
    """Return report.json's content: scores in percent, gains in points; what was not measured has no key."""
    parts = {
        "question_answering": question_answering(results),
        "retrieval_zero_shot": zero_shot(found),
        "mlm_gain_from_image": mlm_gain(pretrain),
        "mim_gain_over_zero_percent": mim_gain(pretrain),
        "tasks": {result.entry.name: scores for result in results if result.entry.name != ZERO_SHOT and (scores := main_scores(result))},
    }
    return {name: part for name, part in parts.items() if part not in (None, {})}


def question_answering(results: Sequence[Result]) -> dict[str, Any]:
    """Return means over the question-answering tasks that have both a pre-trained and a from-scratch score, and the means' intervals."""
    overall = [result.row("overall") for result in results if result.entry.kind == "answer"]
    rows = [(row, row.pretrained, row.scratch) for row in overall if row and row.pretrained and row.scratch]
    if not rows:
        return {}
    parts: dict[str, list[tuple[Any, Any]]] = {
        "pretrained": [(pretrained.mean, pretrained.interval) for _, pretrained, _ in rows],
        "scratch": [(scratch.mean, scratch.interval) for _, _, scratch in rows],
        "gain": [(row.gain, row.gain_interval) for row, _, _ in rows],
    }
    means = {name: fmean(mean for mean, _ in part) for name, part in parts.items()}
    intervals = {name: mean_interval(*zip(*part, strict=True))._asdict() for name, part in parts.items() if all(known for _, known in part)}
    return means | ({"intervals": intervals} if intervals else {})


def zero_shot(found: dict[str, Any] | None) -> dict[str, Any]:
    """Return the recalls each way, and how many times chance R@1 is."""
    if not (found and found.get("found")):
        return {}
    times = {way: found[way]["r1"] / chance for way in DIRECTIONS if (chance := value_at(found, f"chance.{way}.r1"))}
    return {way: found[way] for way in DIRECTIONS} | {"r1_times_chance": times, "pairs": found["pairs"]}


def mlm_gain(pretrain: dict[str, Any] | None) -> float | None:
    """Return the points of MLM accuracy that the own image brings over another pair's; the file holds shares of 1."""
    own, shuffled = value_at(pretrain, "mlm.accuracy"), value_at(pretrain, "mlm.accuracy_shuffled_image")
    return None if own is None or shuffled is None else 100 * (own - shuffled)


def mim_gain(pretrain: dict[str, Any] | None) -> float | None:
    """Return by how many percent MIM's validation loss lies below that of predicting zero."""
    loss, zero = value_at(pretrain, "mim.loss"), value_at(pretrain, "mim.loss_predicting_zero")
    return None if loss is None or not zero else 100 * (1 - loss / zero)


def main_scores(result: Result) -> dict[str, Any]:
    """Return the overall score, or R@1 each way: {"pretrained", "scratch", "gain", "gain_interval"}, means over seeds.

    What gives answers has the same of its validation split under "validation".
    """
    if result.entry.kind != "retrieve":
        validation = both_scores(result.validation)
        return both_scores(result.row("overall")) | ({"validation": validation} if validation else {})
    return {way: scores for way in DIRECTIONS if (scores := both_scores(result.row(f"{way}.r1")))}


def both_scores(row: Row | None) -> dict[str, Any]:
    if row is None:
        return {}
    scores = {name: score.mean for name, score in (("pretrained", row.pretrained), ("scratch", row.scratch)) if score}
    interval = {"gain_interval": row.gain_interval._asdict()} if row.gain_interval else {}
    return scores | ({} if row.gain is None else {"gain": row.gain}) | interval


@dataclass(frozen=True)
class Headline:
    """A big number with what it says; `value` is "" where it was not measured."""

    value: str
    title: str
    explanation: str


def headlines(numbers: dict[str, Any]) -> list[Headline]:
    answers, times = numbers.get("question_answering", {}), numbers.get("retrieval_zero_shot", {}).get("r1_times_chance", {})
    ways = " / ".join(f"{times[way]:.1f}\N{MULTIPLICATION SIGN}" for way in DIRECTIONS if way in times)
    return [
        Headline(points(answers.get("gain")), "question answering", "mean score, pre-trained against from scratch"),
        Headline(ways, "zero-shot retrieval", "R@1 as a multiple of chance, text to image / image to text"),
        Headline(points(numbers.get("mlm_gain_from_image")), "MLM accuracy", "with the own image against another's"),
        Headline(percent(numbers.get("mim_gain_over_zero_percent")), "MIM loss", "below that of predicting zero"),
    ]


def points(value: float | None) -> str:
    return "" if value is None else f"{value:+.1f} points".replace("-", "\N{MINUS SIGN}")


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}%".replace("-", "\N{MINUS SIGN}")
