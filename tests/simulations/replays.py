"""Small replays: each builder lets a test state only what matters to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scheduler import Job, Policy, World
from simulations.engine import Outage, Replay, simulate
from simulations.outcome import Outcome
from tests.builders import at


def replay(
    world: World, jobs: Iterable[Job | Mapping[str, Any]], policy: str = "first-fit", **more: Any
) -> Replay:
    """A replay of a test world, which holds the actual prices and the quotas."""
    return Replay(
        catalogue=world.catalogue,
        jobs=jobs,
        actual=world.prices,
        policy=Policy(name=policy),
        quotas=world.quotas,
        energy_quotas=world.energy_quotas,
        pv=world.pv,
        **more,
    )


def run(
    world: World, jobs: Iterable[Job | Mapping[str, Any]], policy: str = "first-fit", **more: Any
) -> Outcome:
    """The sound outcome of a replay."""
    outcome = simulate(replay(world, jobs, policy, **more))
    assert outcome.faults == ()
    return outcome


def outage(kind: str, name: str, start_hour: float, end_hour: float) -> Outage:
    """A site or link lost between two hours after START."""
    return Outage(kind=kind, id=name, start=at(start_hour), end=at(end_hour))


def rows(outcome: Outcome, table: str = "jobs") -> dict[str, dict[str, Any]]:
    """The jobs of an outcome by name."""
    return {row["name"]: row for row in outcome[table].to_pylist()}
