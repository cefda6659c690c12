"""Terms: how much time a row may take, and where the data lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulations.fidelity.published_data import DATA


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What the command line says.

    Attributes:
        quick: measure on a sample, in seconds.
        data: folder of the published data.
    """

    quick: bool = False
    data: Path = DATA
