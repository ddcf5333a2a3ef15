"""A matplotlib figure as SVG: its colours follow the page's theme, and equal figures have equal bytes."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib
from matplotlib.typing import RcKeyType

matplotlib.use("Agg")

from matplotlib.figure import Figure

from m3ae.report.theme import COLOURS, STYLESHEET, light

TEXT, SOFT, LINE, FIRST, SECOND, NEUTRAL = map(light, ("text", "soft", "line", "accent", "second", "neutral"))
STYLE: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": TEXT,
    "axes.titlecolor": TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": NEUTRAL,
    "axes.labelcolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "axes.grid": True,
    "grid.color": LINE,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.fonttype": "none",  # letters stay letters: they can be searched, and read aloud
}
METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))  # what matplotlib would write of itself


@dataclass(frozen=True)
class Picture:
    """An SVG element for the page; `description` is its alternative text, which the element holds, too."""

    name: str
    description: str
    svg: str

    @property
    def file(self) -> str:
        """Return it as a file of its own, with both themes."""
        start = self.svg.index(">") + 1
        return f"{self.svg[:start]}\n<style>{STYLESHEET}</style>{self.svg[start:]}"


@contextmanager
def styled() -> Iterator[None]:
    with matplotlib.rc_context(STYLE):
        yield


def picture(figure: Figure, name: str, description: str) -> Picture:
    """Return the figure, which was drawn in `styled`, as a picture; no two of a page may have the same name."""
    buffer = io.StringIO()
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": name}):  # what refers to parts by their ids keeps to its own picture
        figure.savefig(buffer, format="svg", transparent=True, metadata=METADATA)
    text = buffer.getvalue()
    return Picture(name, description, labelled(themed(without_unused_ids(text[text.index("<svg") :].strip())), description))


def without_unused_ids(svg: str) -> str:
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', svg))
    return re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", svg)


def themed(svg: str) -> str:
    """Replace each colour of the theme by the variable that holds it."""
    for name, (shade, _) in COLOURS.items():
        svg = svg.replace(shade, f"var(--{name}, {shade})")
    return svg


def labelled(svg: str, description: str) -> str:
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(description)}"', 1)
