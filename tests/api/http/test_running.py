"""What runs beside the requests: begun with the service, ended with it."""

from __future__ import annotations

import gc
from datetime import timedelta

import pytest

from api.bootstrap import running
from api.routes.visit import Visit
from api.store import IdempotencyRecord, Many, Quote
from tests.api.http.places import House, job


def test_what_has_expired_is_forgotten(house: House) -> None:
    house.boss.submit(headers={"Idempotency-Key": "k"})
    house.boss.post("/v1/quotes", json=job())
    house.now += timedelta(days=2)

    async def live() -> tuple[int, int]:
        async with running(house.service):
            while (kept := (await house.service.store.read(Many(IdempotencyRecord))).items) and len(kept) > 0:
                await house.service.store.wait_for_change(10**6, 0.01)
            quotes = (await house.service.store.read(Many(Quote))).items
            return len(kept), len(quotes)

    assert house.run(live()) == (0, 0)
    assert house.service.closing.is_set()


@pytest.mark.parametrize(
    "path", ["/v1/jobs/{id}", "/v1/jobs", "/v1/jobs/job_00000000000000000000000000", "/v1/events?wait=false"]
)
def test_a_request_leaves_nothing_that_only_the_collector_frees(house: House, path: str) -> None:
    job_id = house.boss.submit()["id"]
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            house.boss.get(path.format(id=job_id))
        # What stops the whole process for garbage would make every request under way wait.
        assert not [each for each in gc.get_objects() if isinstance(each, Visit)]
    finally:
        gc.enable()
