"""Everything a run left behind -> one self-contained HTML page, the tables of README and docs/results.md, and a summary.

No time, commit or machine enters the output: equal inputs give equal bytes.
"""

from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any

from m3ae.disk.json import leaves
from m3ae.objectives.registry import OBJECTIVES
from m3ae.report import controls, robustness, tables
from m3ae.report.benchmark import BENCHMARK
from m3ae.report.details import details
from m3ae.report.figures import curve_pictures
from m3ae.report.inputs import Inputs
from m3ae.report.leaked import leaked_pairs
from m3ae.report.measured import Asked, Result, is_synthetic, result, value_at
from m3ae.report.origins import Places
from m3ae.report.published import NOTES, PAPER
from m3ae.report.reconstructions import reconstructions
from m3ae.report.summary import headlines, summary
from m3ae.report.templates import rendered
from m3ae.report.theme import STYLESHEET

TEMPLATE = "page.html.j2"
TITLES = {"mlm": "Masked language modelling (MLM)", "mim": "Masked image modelling (MIM)", "itm": "Image-text matching (ITM)"}


def write_report(inputs: Inputs, params: dict[str, Any], out: Path) -> dict[str, Any]:
    """Write index.html, table.md, scores.md and the curves into `out`; return the summary. `params` are shown as given."""
    asked = Asked.of(params)
    pretrain, zero_shot = inputs.metrics("pretrain"), inputs.metrics("zero_shot")
    results = [result(entry, asked, inputs) for entry in BENCHMARK if entry.is_shown(asked.tasks)]
    releases = tables.data_rows(inputs, asked)
    warning = tables.banner(synthetic_flags(results, releases, pretrain))
    numbers = summary(results, pretrain, zero_shot) | {"protocol": params["protocol"]} | ({"synthetic": True} if warning else {})
    curves = curve_pictures(inputs.plot("pretrain.csv"), inputs.plot("validation.csv"), levels(pretrain), is_synthetic([pretrain]))
    out.mkdir(parents=True, exist_ok=True)
    for picture in curves:
        (out / f"{picture.name}.svg").write_text(picture.file, encoding="utf-8")
    blocks = controls.controls(results, inputs.metrics("controls"))
    protocol = tables.protocol(params)
    lines = robustness.robustness(inputs.metrics("robustness"))
    parts = tables.markdown(results, warning, protocol), controls.markdown(blocks), robustness.markdown(lines)
    (out / "table.md").write_text("\n".join(filter(None, parts)), encoding="utf-8")
    (out / "scores.md").write_text(tables.short(results, warning, protocol), encoding="utf-8")
    page = render(
        warning=warning,
        results=results,
        protocol=protocol,
        marks=tables.note_marks(results),
        details=details(results, asked, Places(inputs, Path(params["pretrained"]), out)),
        releases=releases,
        headlines=headlines(numbers),
        curves=curves,
        pretrain=pretrain,
        pretrain_rows=pretrain_rows(pretrain),
        reconstructions=reconstructions(inputs),
        params=shown(params),
        leaks=tables.leak_rows(inputs.metrics("leaks")),
        leaked=leaked_pairs(inputs),
        controls=blocks,
        columns=controls.COLUMNS,
        explanation=controls.EXPLANATION,
        robustness=lines,
        robustness_columns=robustness.COLUMNS,
        robustness_explanation=robustness.EXPLANATION,
    )
    (out / "index.html").write_text(page, encoding="utf-8")
    return numbers


def render(**content: Any) -> str:
    """Render the page. Raises `UndefinedError` where the template names what `content` lacks."""
    return rendered(TEMPLATE, stylesheet=STYLESHEET, tables=tables, notes=NOTES, paper=PAPER, **content)


def synthetic_flags(results: Sequence[Result], releases: Sequence[tables.DataRow], pretrain: dict[str, Any] | None) -> list[bool]:
    """Return one entry for each metric file that is there: whether its data are synthetic."""
    parts: list[Result | tables.DataRow] = [*results, *releases]
    found = [part.synthetic for part in parts if not part.missing]
    return [*found, *([is_synthetic([pretrain])] if pretrain else [])]


def levels(pretrain: dict[str, Any] | None) -> dict[str, tuple[float, str]]:
    """Return what the curves are to be compared with: ITM's loss of guessing, in nats, and MIM's of predicting zero for every pixel."""
    zero = value_at(pretrain, "mim.loss_predicting_zero")
    return {"itm": (log(2), "guessing")} | ({} if zero is None else {"mim": (zero, "predicting zero")})


def pretrain_rows(pretrain: dict[str, Any] | None) -> list[tuple[str, str, str, str]]:
    """Return (objective, validation loss, accuracy, what to compare with) for each objective of the run."""
    present = {name: pretrain[name] for name in OBJECTIVES if pretrain and name in pretrain}
    return [
        (TITLES.get(name, name), tables.number(value_at(part, "loss"), 3), percent(value_at(part, "accuracy")), beside(name, part))
        for name, part in present.items()
    ]


def beside(objective: str, measured: dict[str, Any]) -> str:
    if objective == "mlm":
        return f"MLM accuracy with another pair's image: {percent(value_at(measured, 'accuracy_shuffled_image'))}"
    if objective == "mim":
        return f"MIM loss of predicting zero: {tables.number(value_at(measured, 'loss_predicting_zero'), 3)}"
    return f"ITM loss of guessing: {log(2):.3f}" if objective == "itm" else ""


def percent(share: float | None) -> str:
    return tables.NOTHING if share is None else f"{100 * share:.1f}%"


def shown(params: dict[str, Any]) -> list[tuple[str, str]]:
    """Return every parameter as its file would spell it, in the file's order."""
    return [(key, spelled(value)) for key, value in leaves(params)]


def spelled(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple | list) else str(value)
