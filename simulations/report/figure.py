"""Figure: one drawing of the report as Plotly wants it, with the words beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Colours that people who see red and green alike can tell apart (Okabe and Ito 2008).
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#999999"
COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9", RED, "#F0E442", GREY)
SIDES = {"east": BLUE, "middle": GREEN, "west": ORANGE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One drawing.

    Attributes:
        id: of its place on the page.
        title: a few words.
        words: what it shows and how to read it.
        data: Plotly's traces.
        layout: Plotly's layout.
        height_px: how high it is drawn [px].
    """

    id: str
    title: str
    words: str
    data: tuple[Mapping[str, Any], ...]
    layout: Mapping[str, Any] = field(default_factory=dict)
    height_px: int = 420
