"""What runs beside the requests: begun with the service, ended with it."""

from __future__ import annotations

from datetime import timedelta

from api.bootstrap import running
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
