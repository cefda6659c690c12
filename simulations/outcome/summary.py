"""Summary: a run in one page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from scheduler import CostParts


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The figures of a run, all at actual prices.

    Attributes:
        jobs: that became known.
        completed: that ran to their end.
        rejected: that were refused, or could not end in time any more.
        waiting: without an answer when the run ended.
        running: under way when the run ended.
        cost: of all runs, lost ones too, and of all data moved; and the value of what was rejected.
        pv_cny: what the sites' own sun takes off energy and carbon cost; not taken off `cost` [CNY].
        floor_energy_cny: electricity of the base load, which is paid whatever runs [CNY].
        floor_carbon_cny: its emissions [CNY].
        demand_charge_cny: of the months' peaks of facility power; not part of `cost` [CNY].
        carbon_kg: emissions above the floor.
        energy_kwh: facility energy above the floor.
        it_kwh: energy at the machines.
        facility_kwh: with the floor.
        pue: facility over IT energy; 0 where nothing ran.
        wait_minutes_mean: from release to start of what ran [min].
        wait_minutes_p50: median of the same.
        wait_minutes_p95: what 95 of 100 do not exceed.
        wait_minutes_max: the longest.
        deadlines: completed jobs that had one.
        deadlines_kept: those that met it.
        rtt_limits: jobs with a limit that ran.
        rtt_kept: those that kept it all the time.
        transfers: datasets moved over links.
        moved_gb: what they hold.
        stranded: datasets that found no way.
        link_peak_share: highest load of any link over its capacity.
        west_share: share of IT energy in the western provinces of the programme.
        utilisation: mean IT power over what facilities could carry, over all sites and slots.
        sites_at_target: sites whose mean utilisation reaches the target.
        lost_runs: runs that a loss, or a warm hour, ended early.
        delays: starts that found no room because something outlasted its estimate.
        bill_cny: what tenants owe by the rate card.
        gap_mean: mean gap of the planning cycles.
        gap_worst: largest gap of a cycle.
    """

    jobs: int
    completed: int
    rejected: int
    waiting: int
    running: int
    cost: CostParts
    pv_cny: float
    floor_energy_cny: float
    floor_carbon_cny: float
    demand_charge_cny: float
    carbon_kg: float
    energy_kwh: float
    it_kwh: float
    facility_kwh: float
    pue: float
    wait_minutes_mean: float
    wait_minutes_p50: float
    wait_minutes_p95: float
    wait_minutes_max: float
    deadlines: int
    deadlines_kept: int
    rtt_limits: int
    rtt_kept: int
    transfers: int
    moved_gb: float
    stranded: int
    link_peak_share: float
    west_share: float
    utilisation: float
    sites_at_target: int
    lost_runs: int
    delays: int
    bill_cny: float
    gap_mean: float
    gap_worst: float

    @property
    def total_cny(self) -> float:
        """Everything a run costs: its jobs, what it left out, and the floor; the sun taken off [CNY]."""
        return self.cost.total_cny - self.pv_cny + self.floor_energy_cny + self.floor_carbon_cny

    def to_document(self) -> dict[str, Any]:
        """Return the figures as a document."""
        return asdict(self)


def summary_from(document: dict[str, Any]) -> Summary:
    """Return the summary of a document written by `to_document`."""
    return Summary(**{**document, "cost": CostParts(**document["cost"])})


def saved_above_floor(mine: Summary, other: Summary) -> float:
    """Return the share saved against another run, of what can be saved at all: the cost above the floor."""
    theirs = other.cost.total_cny - other.pv_cny
    return 1.0 - (mine.cost.total_cny - mine.pv_cny) / theirs if theirs else 0.0
