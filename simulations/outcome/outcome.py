"""Outcome: what a simulated run produced, as tables and a summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simulations.errors import WriteError
from simulations.outcome.laws import LawFault
from simulations.outcome.summary import Summary
from topology import CHINA_TIME, Horizon

PAGE = "outcome.json"
TABLES = ("jobs", "runs", "transfers", "sites", "links", "cycles", "tenants", "rejections")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Outcome:
    """A run and what came of it. docs/simulator.md lists the columns of every table.

    Attributes:
        policy: name of the policy.
        horizon: the span.
        seed: of its throws.
        partial: whether it was stopped before its time.
        until: instant up to which it says anything.
        site_ids: sites in the order of their numbers.
        link_ids: links in the order of their numbers.
        routes: link numbers of every route that data took.
        tables: name -> table, for each of `TABLES`.
        summary: in one page.
        intake: what was wrong with the jobs.
        faults: laws that do not hold; none is what one wants.
    """

    policy: str
    horizon: Horizon
    seed: int
    partial: bool
    until: datetime
    site_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    routes: tuple[tuple[int, ...], ...]
    tables: Mapping[str, pa.Table]
    summary: Summary
    intake: Mapping[str, Any]
    faults: tuple[LawFault, ...]

    def __getitem__(self, table: str) -> pa.Table:
        """Return a table by its name."""
        return self.tables[table]

    def column(self, table: str, name: str) -> Any:
        """Return a column as a numpy array."""
        return self.tables[table].column(name).to_numpy()

    def to_document(self, *, tables: bool = False) -> dict[str, Any]:
        """Return the outcome as a document, the tables as columns where asked for."""
        document: dict[str, Any] = {
            "policy": self.policy,
            "start": self.horizon.start.astimezone(CHINA_TIME).isoformat(),
            "slots": self.horizon.slots,
            "slot_minutes": self.horizon.slot_minutes,
            "seed": self.seed,
            "partial": self.partial,
            "until": self.until.astimezone(CHINA_TIME).isoformat(),
            "summary": self.summary.to_document(),
            "intake": dict(self.intake),
            "faults": [fault.to_document() for fault in self.faults],
            "sites": list(self.site_ids),
            "links": list(self.link_ids),
            "routes": [list(route) for route in self.routes],
        }
        if tables:
            document["tables"] = {name: self.tables[name].to_pydict() for name in TABLES}
        return document

    def write(self, folder: Path) -> None:
        """Write one Parquet file a table and one JSON file for the rest; the same outcome gives the same bytes.

        Raises:
            WriteError: the folder cannot be written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in TABLES:
                pq.write_table(self[name], folder / f"{name}.parquet", compression="zstd")
            text = json.dumps(self.to_document(), ensure_ascii=False, indent=1, allow_nan=False)
            (folder / PAGE).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise WriteError(f"{folder}: cannot be written: {error.strerror}") from error
