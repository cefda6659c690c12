"""Events come in order, once each, wherever a listener goes on from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.events import watch_events
from api.store import Announce, Key, One, Put
from tests.api.http.places import House, job


def test_a_listener_hears_what_happened_in_order(house: House) -> None:
    name = house.boss.submit(job("film"))["id"]
    house.boss.post(f"/v1/jobs/{name}/cancel")
    heard = house.boss.events()
    assert [event["kind"] for event in heard] == ["job.queued", "job.cancelled"]
    assert {event["subject"] for event in heard} == {name}
    assert heard[0]["data"]["name"] == "film"


def test_who_comes_back_misses_nothing_and_hears_nothing_twice(house: House) -> None:
    house.boss.post("/v1/jobs", json=[job(f"job-{n}") for n in range(30)])
    heard: list[int] = []
    while len(heard) < 30:
        headers = {"Last-Event-ID": str(heard[-1])} if heard else {}
        params = {"limit": 7, "wait": "false", **({} if heard else {"after": 0})}
        text = house.boss.get("/v1/events", params=params, headers=headers).text
        heard += [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
    assert heard == list(range(1, 31))


def test_a_listener_without_a_place_hears_only_what_comes(house: House) -> None:
    house.boss.submit()
    assert "data:" not in house.boss.get("/v1/events?wait=false").text


def test_what_is_not_the_tenants_is_passed_over(house: House) -> None:
    other = house.tenant("other")
    house.boss.submit(job("ours"))
    house.write(Announce(at=house.now, kind="site.cordoned", subject="zhongwei"))
    other.submit(job("theirs"))
    assert [event["seq"] for event in other.events()] == [3]


def test_who_asks_hears_of_plans_and_sites_but_not_what_operators_say_of_them(house: House) -> None:
    house.tenant("other").submit(job("theirs"))
    house.boss.submit(job("ours"))
    told = '{"reason":"fire in hall 2","by":"ops/abc"}'
    house.write(Announce(at=house.now, kind="site.cordoned", subject="zhongwei", document=told))
    house.write(Announce(at=house.now, kind="replica.placed", subject="job_of_another"))
    house.write(Announce(at=house.now, kind="plan.committed", subject="pln_1"))
    text = house.boss.get("/v1/events?after=0&wait=false&public=true").text
    heard = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert [event["kind"] for event in heard] == ["job.queued", "site.cordoned", "plan.committed"]
    assert [event["data"] for event in heard[1:]] == [{}, {}]
    assert "fire" not in text


def test_a_stream_ends_when_its_key_is_revoked(house: House) -> None:
    async def revoke() -> None:
        key = await house.service.store.read(One(Key, house.boss.key.split("_")[1]))
        assert key is not None
        await house.service.store.write(Put(record=replace(key, revoked_at=house.now)))
        await house.service.store.write(
            Announce(at=house.now, kind="job.queued", subject="x", tenant="default")
        )

    assert "data:" not in "".join(house.run(asyncio.wait_for(listen(house, revoke), 5)))


@pytest.mark.parametrize("last", ["-1", "x", "1e3", "9" * 30])
def test_a_last_event_id_is_a_number(house: House, last: str) -> None:
    answer = house.boss.get("/v1/events", headers={"Last-Event-ID": last})
    assert answer.status_code == 422
    assert answer.json()["field"] == "Last-Event-ID"


def test_an_open_stream_hears_at_once_and_ends_with_the_service(house: House) -> None:
    heard = house.run(asyncio.wait_for(listen(house, lambda: submit(house)), 5))
    event = json.loads(heard[1].split("data: ")[1])
    assert event["kind"] == "job.queued"
    assert len(heard) == 2


def test_silence_is_broken_by_heartbeats(house: House) -> None:
    object.__setattr__(
        house.service, "settings", house.service.settings.model_copy(update={"heartbeat_seconds": 0.01})
    )

    async def listen() -> str:
        stream = await open_stream(house)
        chunks = stream.body_iterator
        await anext(chunks)
        return str(await anext(chunks))

    assert house.run(asyncio.wait_for(listen(), 5)).startswith(":")


async def listen(house: House, act: Callable[[], Coroutine[Any, Any, None]]) -> list[str]:
    """What an open stream says when something is done after its first word; after an event the service closes."""
    heard: list[str] = []
    acting: asyncio.Task[None] | None = None
    stream = await open_stream(house)
    async for chunk in stream.body_iterator:
        heard.append(str(chunk))
        acting = acting or asyncio.create_task(act())
        if "data:" in str(chunk):
            house.service.closing.set()
    assert acting is not None
    await acting
    return heard


async def open_stream(house: House) -> Any:
    """The stream of a visit, without a transport that would wait for its end."""
    from starlette.requests import Request  # noqa: PLC0415

    from api.auth import Scope  # noqa: PLC0415
    from api.routes.visit import admit  # noqa: PLC0415

    app = type("App", (), {"state": type("State", (), {"service": house.service})})
    headers = [(b"authorization", f"Bearer {house.boss.key}".encode())]
    scope = {
        "type": "http",
        "app": app,
        "headers": headers,
        "query_string": b"",
        "method": "GET",
        "path": "/",
    }
    visit = await admit(Request(scope), Scope.READ)
    return await watch_events(visit)


async def submit(house: House) -> None:
    headers = {"Authorization": f"Bearer {house.boss.key}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(house.app), base_url="http://edwc") as client:
        await client.post("/v1/jobs", json=job(), headers=headers)
