"""Records that state only what matters to a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from api.store import Attempt, IdempotencyRecord, Job, Tenant, new_id, new_ids

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
DOCUMENT = (
    '{"name":"pretrain-7b","demand":{"cpu_cores":96,"memory_gib":1024},"variants":[{"accelerator":'
    '"a100-sxm4-80gb","count":8,"runtime_minutes":600}],"tasks":16,"release":"2026-07-01T09:00:00+08:00",'
    '"deadline":"2026-07-02T09:00:00+08:00","origin":"shanghai","rtt_ms_max":50,"labels":{"project":"x"}}'
)


def tenant(name: str = "default", **fields: Any) -> Tenant:
    return Tenant(name=name, created_at=NOON, **fields)


def job(name: str = "train", *, at: datetime = NOON, cost: str = "0", **fields: Any) -> Job:
    values: dict[str, Any] = {
        "id": new_id("job", at),
        "tenant": "default",
        "document": DOCUMENT,
        "created_at": at,
        "updated_at": at,
        "month": "2026-07",
        "cost_cny": Decimal(cost),
    }
    return Job(name=name, **(values | fields))


def attempt(**fields: Any) -> Attempt:
    values: dict[str, Any] = {
        "id": "att_1",
        "job": "job_1",
        "number": 1,
        "tenant": "default",
        "site": "zhongwei",
        "backend": "local",
        "token": 1,
        "state": "starting",
        "created_at": NOON,
    }
    return Attempt(**(values | fields))


def jobs(count: int, *, at: datetime = NOON, **fields: Any) -> list[Job]:
    first = job(at=at, **fields)
    return [replace(first, id=id, name=f"job-{i}") for i, id in enumerate(new_ids("job", at, count))]


def once(
    key: str = "k1", body: str = "b1", *, at: datetime = NOON, tenant: str = "default"
) -> IdempotencyRecord:
    return IdempotencyRecord(
        tenant=tenant,
        key=key,
        body_digest=body,
        status=201,
        answer='{"id":"job_1"}',
        created_at=at,
        expires_at=at + timedelta(hours=24),
    )
