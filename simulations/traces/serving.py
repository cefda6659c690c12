"""Serving jobs: the requests of one city in one interval, served together."""

from __future__ import annotations

from collections.abc import Iterable

from simulations.dice import throw_dice
from simulations.figures import median
from simulations.origin import Origins
from simulations.traces.entry import Request, TraceJob

CORES_PER_ACCELERATOR = median("openb.cpu_cores_per_accelerator")
GIB_PER_ACCELERATOR = median("openb.memory_gib_per_accelerator")


def group_requests(
    requests: Iterable[Request], *, origins: Origins, interval_minutes: int, seed: int
) -> list[TraceJob]:
    """One serving job for each city and interval that has requests.

    Each request falls on a city by a throw of its own. The job runs for the whole interval and needs the
    accelerator-seconds of its requests divided by the interval, and at least the memory of the model.

    Args:
        requests: in any order.
        origins: the cities.
        interval_minutes: length of an interval [min]; intervals begin at multiples of it after midnight.
        seed: of the throws.

    Returns:
        The jobs in order of time, then city.
    """
    groups: dict[tuple[int, str], list[Request]] = {}
    for request in requests:
        city = origins.at(throw_dice(seed, f"request-{request.line}")[0])
        groups.setdefault((int(request.at_s // (interval_minutes * 60)), city.id), []).append(request)
    return [
        _serving_job(interval, city, groups[interval, city], interval_minutes)
        for interval, city in sorted(groups)
    ]


def _serving_job(interval: int, city: str, requests: list[Request], interval_minutes: int) -> TraceJob:
    interval_s = interval_minutes * 60.0
    busy = sum(request.busy_s for request in requests) / interval_s
    # Hosts are sized by the reference count: a variant with fewer, faster accelerators feeds the same
    # requests.
    hosts_for = max(1.0, busy)
    return TraceJob(
        key=f"{city}-{interval:06d}",
        submit_s=interval * interval_s,
        runtime_minutes=float(interval_minutes),
        service="inference",
        accelerators=busy,
        cpu_cores=round(hosts_for * CORES_PER_ACCELERATOR, 2),
        memory_gib=round(hosts_for * GIB_PER_ACCELERATOR, 2),
        serving=True,
        model_memory_gib=max(request.model_memory_gib for request in requests),
        origin=city,
        labels={"requests": str(len(requests))},
    )
