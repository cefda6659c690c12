"""Hard rules: which sites cannot take which candidate at all, and the first rule that says so.

A rule is a named function from a case to the cells [C, S] (candidate, site) that break it. `RULES` holds
them, cheapest first; a cell is refused by the first rule it breaks. A site counts once per job, under the
rule of the variant that got furthest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.arrays import Bools, Ints
from scheduler.case import Case
from scheduler.job import Job
from scheduler.reason import Reason
from scheduler.room import TOLERANCE

RTT_TOLERANCE_MS = 1e-9

Rule = Callable[[Case], Bools]
Codes = npt.NDArray[np.int8]


def site_lost(case: Case) -> Bools:
    """The site, or all its links, is out of use."""
    lost = case.world.network.lost_sites
    return np.array([[site_id in lost for site_id in case.world.catalogue.site_ids]])


def missing_tag(case: Case) -> Bools:
    """The site lacks a compliance tag."""

    def broken(job: Job) -> list[bool]:
        return [not job.residency.has_tags(site) for site in case.world.catalogue.sites]

    return _per_key(case, lambda job: job.residency.tags, broken)


def not_resident(case: Case) -> Bools:
    """The site lies in none of the named provinces or hubs."""

    def broken(job: Job) -> list[bool]:
        return [not job.residency.covers(site) for site in case.world.catalogue.sites]

    return _per_key(case, lambda job: (job.residency.provinces, job.residency.hubs), broken)


def no_accelerator(case: Case) -> Bools:
    """The site holds none of the variant's accelerators."""
    models = slice(2, -1)
    needed = case.candidates.demand[:, models] > 0
    absent = ~(case.whole.sites[:, models, :] > 0).any(axis=2)
    broken: Bools = (needed.astype(np.int64) @ absent.T.astype(np.int64)) > 0
    return broken | case.candidates.lacks_column[:, np.newaxis]


def too_large(case: Case) -> Bools:
    """The whole site, empty, could not hold the job in any slot."""
    most = case.whole.sites.max(axis=2) * (1 + TOLERANCE)
    demand = case.candidates.demand
    broken = np.zeros((len(demand), len(most)), dtype=np.bool_)
    for resource in range(demand.shape[1]):
        asking = np.flatnonzero(demand[:, resource] > most[:, resource].min())
        broken[asking] |= demand[asking, resource, np.newaxis] > most[:, resource]
    return broken


def over_quota(case: Case) -> Bools:
    """The job, all replicas together, asks for more than its tenant may ever hold."""
    if not case.tenancy.tenants:
        return np.zeros((1, 1), dtype=np.bool_)
    replicas = np.array([job.replicas for job in case.jobs])[case.candidates.job, np.newaxis]
    most = case.tenancy.whole.max(axis=2)
    tenant = case.tenancy.of_job[case.candidates.job]
    over = (replicas * case.candidates.demand > most[tenant] * (1 + TOLERANCE)).any(axis=1)
    return np.asarray(over & (tenant >= 0))[:, np.newaxis]


def no_route(case: Case) -> Bools:
    """No route joins the site with the job's origin or one of its datasets."""
    return np.asarray(
        (~np.isfinite(_rtt_ms(case)) | ~np.isfinite(case.haulage.network_cny))[case.candidates.job]
    )


def too_far(case: Case) -> Bools:
    """The round trip between origin and site is longer than the job allows."""
    limits = [np.inf if job.rtt_ms_max is None else job.rtt_ms_max for job in case.jobs]
    return np.asarray(
        (_rtt_ms(case) > np.array(limits)[:, np.newaxis] + RTT_TOLERANCE_MS)[case.candidates.job]
    )


def no_time(case: Case) -> Bools:
    """Between release and deadline (or the horizon's end) no start lets the run end in time."""
    rows = case.candidates
    return np.asarray(rows.first_start > rows.last_start)[:, np.newaxis]


def transfer_too_long(case: Case) -> Bools:
    """There is time for the run, but not for its inputs to arrive first."""
    rows = case.candidates
    return np.asarray(
        (rows.first_start[:, np.newaxis] + case.haulage.lead_slots[rows.job]) > rows.last_start[:, np.newaxis]
    )


RULES: tuple[tuple[Reason, Rule], ...] = (
    (Reason.SITE_LOST, site_lost),
    (Reason.MISSING_TAG, missing_tag),
    (Reason.NOT_RESIDENT, not_resident),
    (Reason.NO_ACCELERATOR, no_accelerator),
    (Reason.TOO_LARGE, too_large),
    (Reason.OVER_QUOTA, over_quota),
    (Reason.NO_ROUTE, no_route),
    (Reason.TOO_FAR, too_far),
    (Reason.NO_TIME, no_time),
    (Reason.TRANSFER_TOO_LONG, transfer_too_long),
)
# The limits a job sets on its own options are checked where options are priced (limits.py), and whether its
# replicas find partners once all else is known (spreading.py); they come last.
ORDER: tuple[Reason, ...] = (
    *(reason for reason, _ in RULES),
    Reason.OVER_BUDGET,
    Reason.OVER_CARBON,
    Reason.NO_SPREAD,
)
PASSES = len(ORDER)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Feasibility:
    """The verdict of the hard rules.

    Attributes:
        broken: [C, S] index into ORDER of the first rule a cell breaks, PASSES where it breaks none.
    """

    broken: Codes

    @property
    def eligible(self) -> Bools:
        """[C, S] cells that break no rule."""
        return np.asarray(self.broken == PASSES)

    def furthest(self, pointer: Ints) -> Codes:
        """Return, per (job, site), the furthest any variant got; PASSES where one breaks no rule."""
        return np.asarray(np.maximum.reduceat(self.broken, pointer[:-1], axis=0))


def apply_rules(case: Case) -> Feasibility:
    """Return the first rule every (candidate, site) breaks."""
    shape = (len(case.candidates.job), len(case.world.catalogue.sites))
    broken = np.full(shape, PASSES, dtype=np.int8)
    for index, (_, rule) in enumerate(RULES):
        breaks = np.broadcast_to(rule(case), shape)
        broken[(broken == PASSES) & breaks] = index
    return Feasibility(broken=broken)


def count_reasons(furthest: Codes) -> Counter[str]:
    """Return how many sites stand behind each reason; sites that break no rule are not counted."""
    counts = np.bincount(furthest, minlength=PASSES)[:PASSES].tolist()
    return Counter({reason.value: count for reason, count in zip(ORDER, counts, strict=True) if count})


def _rtt_ms(case: Case) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the round trip [J, S] between origin and site; 0 for jobs without an origin."""
    origins = sorted({job.origin for job in case.jobs if job.origin is not None})
    row = {origin: index for index, origin in enumerate(origins)}
    matrix = np.zeros((len(origins) + 1, len(case.world.catalogue.sites)))
    if origins:
        matrix[:-1] = case.world.network.rtt_matrix_ms(origins, case.world.catalogue.site_ids)
    return np.asarray(matrix[[-1 if job.origin is None else row[job.origin] for job in case.jobs]])


def _per_key(case: Case, key: Callable[[Job], Hashable], broken: Callable[[Job], list[bool]]) -> Bools:
    """Ask a rule once for all jobs that agree on what it looks at."""
    rows: dict[Hashable, int] = {}
    table: list[list[bool]] = []
    of_job = []
    for job in case.jobs:
        row = rows.setdefault(key(job), len(table))
        if row == len(table):
            table.append(broken(job))
        of_job.append(row)
    return np.array(table, dtype=np.bool_)[np.array(of_job, dtype=np.int64)[case.candidates.job]]
