"""Sweeping a Ray site: jobs of the table and claims on the cluster that ended long ago."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from api.dispatch.broom import AT_ONCE
from api.dispatch.ray.claim import sweeping
from api.dispatch.ray.head import Head
from api.dispatch.ray.submission import END, JOB

SWEEP = "edwc_sweep"
_OVER = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})


async def sweep(
    head: Head, claims: str, *, keep: Collection[str], before: datetime, now: datetime
) -> list[str]:
    """Take jobs from the table that ended before an instant, and have the cluster remove their claims once a day.

    Args:
        head: of the cluster.
        claims: folder on the cluster.
        keep: attempts that are still asked about.
        before: what ended earlier may go.
        now: present.

    Raises:
        BackendSilent: no answer; what was not removed is met again.
    """
    gone = [job["submission_id"] for job in await head.jobs() if _may_go(job, keep, before)][:AT_ONCE]
    for name in gone:
        await head.forget(name)
    minutes = max(1, round((now - before).total_seconds() / 60))
    await head.submit(
        {
            "submission_id": f"edwc-sweep-{now:%Y-%m-%d}",  # taken once a day, whoever asks
            "entrypoint": sweeping(claims, minutes=minutes, keep=keep),
            "metadata": {SWEEP: "true"},
        }
    )
    return gone


def _may_go(job: Mapping[str, Any], keep: Collection[str], before: datetime) -> bool:
    ours = (job.get("metadata") or {}).keys() & {JOB, END, SWEEP}
    ended = job.get("end_time")
    return bool(
        ours
        and job["status"] in _OVER
        and ended
        and ended / 1000 < before.timestamp()
        and job["submission_id"].removesuffix("-end") not in keep
    )
