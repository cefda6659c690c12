"""Replicas: which attempt speaks for which replica of a job; a job that does not spread is its own only replica."""

from __future__ import annotations

from collections.abc import Iterable

from api.store import Attempt
from scheduler.lifecycle import FINAL_ATTEMPT_STATES, AttemptState

LOSSES = (AttemptState.LOST, AttemptState.FAILED)
"""Ends of an attempt that count against the number its job may have."""


def is_live(attempt: Attempt) -> bool:
    """Whether an attempt is not over."""
    return attempt.state not in FINAL_ATTEMPT_STATES


def tips(attempts: Iterable[Attempt]) -> dict[int, Attempt]:
    """Return the newest attempt of each replica, by replica."""
    newest: dict[int, Attempt] = {}
    for attempt in attempts:
        known = newest.get(attempt.replica)
        if known is None or attempt.number > known.number:
            newest[attempt.replica] = attempt
    return newest


def replaced(attempts: Iterable[Attempt]) -> frozenset[str]:
    """Return ids of attempts that run on although a newer one has taken their place."""
    every = list(attempts)
    newest = {attempt.id for attempt in tips(every).values()}
    return frozenset(attempt.id for attempt in every if is_live(attempt) and attempt.id not in newest)


def losses(attempts: Iterable[Attempt], replica: int) -> int:
    """Return how many attempts of a replica were lost or failed."""
    return sum(each.replica == replica and each.state in LOSSES for each in attempts)


def replica_name(job: str, replica: int) -> str:
    """Return what a replica is called at a backend: to it, each is a job of its own with a fence of its own."""
    return f"{job}-{replica + 1}" if replica else job
