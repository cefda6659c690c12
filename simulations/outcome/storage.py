"""Storage: an outcome read back from its folder."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from simulations.errors import WriteError
from simulations.outcome.laws import LawFault
from simulations.outcome.outcome import PAGE, TABLES, Outcome
from simulations.outcome.summary import summary_from
from topology import Horizon


def read_outcome(folder: Path) -> Outcome:
    """Return the outcome that a folder holds.

    Raises:
        WriteError: the folder holds none.
    """
    try:
        page: dict[str, Any] = json.loads((folder / PAGE).read_text(encoding="utf-8"))
        tables = {name: pq.read_table(folder / f"{name}.parquet") for name in TABLES}
    except (OSError, ValueError) as error:
        raise WriteError(f"{folder}: holds no outcome: {error}") from error
    return Outcome(
        policy=page["policy"],
        horizon=Horizon(
            start=datetime.fromisoformat(page["start"]),
            slots=page["slots"],
            slot_minutes=page["slot_minutes"],
        ),
        seed=page["seed"],
        partial=page["partial"],
        until=datetime.fromisoformat(page["until"]),
        site_ids=tuple(page["sites"]),
        link_ids=tuple(page["links"]),
        routes=tuple(tuple(route) for route in page["routes"]),
        tables=tables,
        summary=summary_from(page["summary"]),
        intake=page["intake"],
        faults=tuple(LawFault(**fault) for fault in page["faults"]),
    )
