"""How much memory an instance needs, told before anything is built."""

from __future__ import annotations

from scheduler.optimizer.errors import ProblemTooLarge

MEMORY_LIMIT_BYTES = 3 * 2**30
SHORTLIST_ENTRIES = 40  # the least number of (row, site) pairs kept per job while improving


def memory_bytes(
    *,
    jobs: int,
    rows: int,
    sites: int,
    resources: int = 5,
    slots: int = 96,
    links: int = 0,
    transfers: int = 0,
) -> int:
    """Estimate the peak memory of building and solving an instance [bytes].

    Counted are the dense arrays of the problem itself (eligibility and its fit status per row and site, demands and
    a dozen numbers per row), the shortlists and results per job, and about twenty arrays over (site, resource, slot).
    """
    per_row = 2 * sites + 8 * resources + 15 * 8
    per_job = 8 * min(sites, SHORTLIST_ENTRIES) + 12 * 8
    per_cell = 20 * 8
    return rows * per_row + jobs * per_job + transfers * 24 + (sites * resources + links) * slots * per_cell


def require_memory(
    *,
    jobs: int,
    rows: int,
    sites: int,
    resources: int = 5,
    slots: int = 96,
    links: int = 0,
    transfers: int = 0,
    limit_bytes: int = MEMORY_LIMIT_BYTES,
) -> None:
    """Refuse an instance whose estimate exceeds the limit; call it before building the arrays.

    Raises:
        ProblemTooLarge: naming the counts, the estimate and the limit.
    """
    need = memory_bytes(
        jobs=jobs, rows=rows, sites=sites, resources=resources, slots=slots, links=links, transfers=transfers
    )
    if need > limit_bytes:
        raise ProblemTooLarge(
            f"{rows} choice rows of {jobs} jobs on {sites} sites x {slots} slots need about {need / 2**30:.1f} GiB, "
            f"more than the limit of {limit_bytes / 2**30:.1f} GiB: plan fewer jobs at once or merge identical ones"
        )
