"""Tenants that want more than there is share it by their weights, whoever asked first."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

from api.store import AddJob, Job, Put, Tenant, new_ids
from tests.api.loop.stage import NOON, Stage, story

DEADLINE = (NOON + timedelta(minutes=120)).isoformat()


async def ask(stage: Stage, tenant: str, count: int, *, value_cny: float = 1e3) -> list[str]:
    """Store jobs of ten cores that must be done in two hours and take as long."""
    document = {
        "name": "train",
        "demand": {"cpu_cores": 10},
        "variants": [{"runtime_minutes": 115}],
        "value_cny": value_cny,
        "deadline": DEADLINE,
    }
    jobs = [
        Job(
            id=name,
            tenant=tenant,
            name=f"train-{name}",
            document=json.dumps({**document, "name": f"train-{name}"}),
            created_at=stage.now,
            updated_at=stage.now,
            month="2026-07",
        )
        for name in new_ids("job", stage.now, count)
    ]
    await stage.store.write(*(AddJob(job=job) for job in jobs))
    return [job.id for job in jobs]


async def states_of(stage: Stage, asked: dict[str, list[str]]) -> Counter[tuple[str, str]]:
    return Counter([(tenant, (await stage.job(name)).state) for tenant, ids in asked.items() for name in ids])


@story()
async def test_two_tenants_share_twenty_places_three_to_one(stage: Stage) -> None:
    """Two sites of a hundred cores hold twenty jobs; thirty and thirty are asked for, the small one's dearer."""
    for name, weight in (("big", 3.0), ("small", 1.0)):
        await stage.store.write(Put(record=Tenant(name=name, created_at=stage.now, weight=weight)))
    asked = {"small": await ask(stage, "small", 30, value_cny=1e6), "big": await ask(stage, "big", 30)}
    await stage.tick()
    states = await states_of(stage, asked)
    assert states["big", "running"] == 15
    assert states["small", "running"] == 5
    assert states["big", "queued"] + states["small", "queued"] == 40


@story()
async def test_room_that_one_tenant_leaves_is_the_others(stage: Stage) -> None:
    for name, weight in (("big", 3.0), ("small", 1.0)):
        await stage.store.write(Put(record=Tenant(name=name, created_at=stage.now, weight=weight)))
    asked = {"small": await ask(stage, "small", 30), "big": await ask(stage, "big", 3)}
    await stage.tick()
    states = await states_of(stage, asked)
    assert (states["big", "running"], states["small", "running"]) == (3, 17)
