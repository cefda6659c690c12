"""Servers die, fall silent and lose their answers: no submission is lost, and none is doubled."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.client import (
    AsyncClient,
    Client,
    Demand,
    Ejection,
    Event,
    Job,
    JobStatus,
    NoAnswerError,
    NotFoundError,
    Patience,
    TimeLimitError,
    UnauthorizedError,
    Variant,
)
from api.client.endpoints import Health
from tests.api.client.street import Street
from tests.api.dispatch.faults.proxy import Fault

HASTY = Patience(
    connect_s=0.5, read_s=0.4, total_s=30.0, pause_s=0.02, pause_max_s=0.2, tries_max=50, silence_s=2.0
)
BRIEF = Ejection(rest_s=0.1, rest_max_s=0.4)


def job(name: str) -> Job:
    return Job(name=name, demand=Demand(cpu_cores=1), variants=[Variant(runtime_minutes=10)])


def test_one_server_dies_one_falls_silent_one_loses_replies_and_every_job_is_there_once(
    street: Street,
) -> None:
    dying, silent, lossy = street.doors
    names = [f"job-{number}" for number in range(240)]

    async def submit_all() -> list[JobStatus]:
        async with AsyncClient(street.urls, street.key, patience=HASTY, ejection=BRIEF) as client:
            line = asyncio.Semaphore(16)

            async def submit(number: int) -> JobStatus:
                async with line:
                    if number == 60:
                        silent.break_next(Fault.SILENCE)
                    if number == 90:
                        await asyncio.wrap_future(_on(street, dying.kill()))
                    if number >= 120 and number % 10 == 0:
                        lossy.break_next(Fault.LOST_REPLY, times=2)
                    return await client.submit(job(names[number]))

            return await asyncio.gather(*map(submit, range(len(names))))

    accepted = asyncio.run(submit_all())
    stored = street.stored_names()
    assert sorted(stored.values()) == sorted(names)
    assert [stored[each.id] for each in accepted] == names
    assert silent.requests > 0


def _on(street: Street, act: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(act, street._loop)


def test_threads_share_a_client_through_the_same_faults(street: Street) -> None:
    dying, _, lossy = street.doors
    with Client(street.urls, street.key, patience=HASTY, ejection=BRIEF) as client:

        def submit(number: int) -> str:
            if number == 20:
                street.run(dying.kill())
            if number % 7 == 0:
                lossy.break_next(Fault.LOST_REPLY, times=1)
            return client.submit(job(f"job-{number}")).id

        with ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(submit, range(60)))
    stored = street.stored_names()
    assert [stored[name] for name in ids] == [f"job-{number}" for number in range(60)]
    assert len(stored) == 60


def test_a_batch_whose_answer_is_lost_is_stored_once(street: Street) -> None:
    door = street.doors[0]
    door.break_next(Fault.LOST_REPLY, times=2)
    with Client(door.url, street.key, patience=HASTY) as client:
        receipts = client.submit_many([job(f"job-{number}") for number in range(700)])
    stored = street.stored_names()
    assert [stored[each.id] for each in receipts] == [f"job-{number}" for number in range(700)]
    assert len(stored) == 700


def test_a_submission_is_repeated_by_its_key_after_a_crash_of_its_sender(street: Street) -> None:
    with Client(street.urls, street.key) as client:
        first = client.submit(job("night"), idempotency_key="night-2026-07-01")
    with Client(street.urls, street.key) as client:
        assert client.submit(job("night"), idempotency_key="night-2026-07-01").id == first.id
    assert len(street.stored_names()) == 1


def test_a_dead_server_is_set_aside_and_comes_back_after_a_probe(street: Street) -> None:
    door = street.doors[0]
    with Client(street.urls, street.key, patience=HASTY, ejection=BRIEF) as client:
        endpoints = client._talk.endpoints
        street.run(door.kill())
        for _ in range(6):
            client.sites()
        assert endpoints.health(door.url) is not Health.GOOD
        asked = door.requests
        street.run(door.start())
        end = time.monotonic() + 10.0
        while endpoints.health(door.url) is not Health.GOOD and time.monotonic() < end:
            client.sites()
            time.sleep(0.02)
        client.sites()
        client.sites()
        client.sites()
        assert door.requests > asked


def test_a_service_that_is_silent_everywhere_ends_with_the_total_time(street: Street) -> None:
    for door in street.doors:
        door.break_next(Fault.SILENCE)
    patience = Patience(connect_s=0.2, read_s=0.2, total_s=0.9, pause_s=0.02)
    began = time.monotonic()
    with Client(street.urls, street.key, patience=patience) as client, pytest.raises(NoAnswerError) as caught:
        client.submit(job("one"))
    assert time.monotonic() - began < 3.0
    assert caught.value.maybe_done


def test_waiting_survives_streams_that_are_cut(street: Street) -> None:
    told: list[JobStatus] = []
    news: list[Event] = []
    with Client(street.urls, street.key, patience=HASTY, ejection=BRIEF) as client:
        ids = [receipt.id for receipt in client.submit_many([job(f"job-{number}") for number in range(12)])]

        def end_them() -> None:
            with Client(street.urls[2], street.key, patience=HASTY) as other:
                for number, name in enumerate(ids):
                    for door in street.doors[:2]:
                        door.break_next(Fault.CUT_STREAM if number % 2 else Fault.LOST_REPLY, times=1)
                    other.cancel(name)
                    time.sleep(0.05)

        ending = threading.Thread(target=end_them)
        ending.start()
        ended = client.wait(ids, timeout_s=30.0, on_event=news.append, on_done=told.append)
        ending.join()
    assert [each.id for each in ended] == ids
    assert {each.state for each in ended} == {"cancelled"}
    assert sorted(each.id for each in told) == sorted(ids)
    assert len({event.seq for event in news}) == len(news)


def test_every_event_is_told_once_and_in_order_through_cuts(street: Street) -> None:
    seen = []
    with Client(street.urls, street.key, patience=HASTY, ejection=BRIEF) as client:
        client.submit_many([job(f"job-{number}") for number in range(30)])
        for event in client.events(after=0, timeout_s=20.0):
            seen.append(event)
            if len(seen) % 8 == 0:
                street.run(_cut(street))
                client.submit(job(f"more-{len(seen)}"))
            if len(seen) == 34:
                break
    seqs = [event.seq for event in seen]
    assert seqs == sorted(set(seqs))
    names = [event.data["name"] for event in seen]
    assert len(set(names)) == len(names) == 34


async def _cut(street: Street) -> None:
    for door in street.doors:
        await door.kill()
        await door.start()


def test_waiting_has_an_end_and_callbacks_may_be_coroutines(street: Street) -> None:
    async def story() -> list[str]:
        told: list[str] = []

        async def tell(done: JobStatus) -> None:
            await asyncio.sleep(0)
            told.append(done.state)

        async with AsyncClient(street.urls, street.key) as client:
            one = await client.submit(job("one"))
            with pytest.raises(TimeLimitError):
                await client.wait([one.id], timeout_s=0.3)
            await client.cancel(one.id)
            await client.wait([one.id], on_done=tell)
            assert [each.id async for each in client.jobs(states=["cancelled"])] == [one.id]
        return told

    assert asyncio.run(story()) == ["cancelled"]


def test_refusals_name_their_request(street: Street) -> None:
    with Client(street.urls, street.key) as client, pytest.raises(NotFoundError) as caught:
        client.job("job_of_nobody")
    assert caught.value.request_id.startswith("cli-")
    stranger = "edwc_" + "a" * 12 + "_" + "b" * 32
    with Client(street.urls, stranger) as client, pytest.raises(UnauthorizedError):
        client.sites()


def test_what_the_service_answers_is_typed(street: Street) -> None:
    with Client(street.urls, street.key) as client:
        menu = client.quote(job("priced"))
        cheapest = menu.offer("cheapest")
        assert cheapest is not None
        assert cheapest.price_cny >= 0
        taken = client.submit(job("priced"), offer=cheapest.id)
        assert taken.quote == cheapest.id
        assert client.bill().total_cny == 0
        assert client.attempts(taken.id) == []
        assert any(site.id == cheapest.site for site in client.sites())
        assert "priced" in client.explanation(taken.id).text
        assert client.bill_csv().startswith("month,job,name,")
