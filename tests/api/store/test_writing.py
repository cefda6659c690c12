"""What a write promises: all or nothing, each with its own outcome, no rule ever broken."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from api.store import (
    AddJob,
    AlreadyExistsError,
    Announce,
    BudgetExceededError,
    Committed,
    Events,
    IdempotencyConflictError,
    IdempotencyRecord,
    Job,
    Jobs,
    MoveJob,
    NotThereError,
    One,
    Put,
    QuotaExceededError,
    Quote,
    SiteState,
    StaleError,
    Store,
    StoreClosedError,
    Sweep,
    UnstorableError,
)
from tests.api.store.builders import NOON, attempt, job, jobs, once, tenant
from tests.api.store.places import Place, opened, story


@story
async def test_a_job_comes_back_exactly_as_it_was_stored(store: Store) -> None:
    sent = job(
        name="训练-7b",
        labels={"project": "x", "组": "甲"},
        deadline_at=NOON + timedelta(hours=3, microseconds=7),
        reasons={"TOO_FAR": 31},
        cost="12.345678901234567890",
        cancel_asked=True,
        document='{"note":"\\t\\\\N \\"quoted\\"\\n\\u0000"}',
    )
    await store.write(AddJob(job=sent))
    assert await store.read(One(Job, sent.id)) == sent


@story
async def test_a_write_is_stored_whole_or_not_at_all(store: Store) -> None:
    good, bad = job("good"), job("bad", tenant="nobody")
    with pytest.raises(NotThereError, match="Tenant 'nobody'"):
        await store.write(AddJob(job=good), AddJob(job=bad))
    assert (await store.read(Jobs())).items == ()
    assert await store.read(Events()) == ()
    assert (await store.read(Committed(tenant="default"))).jobs_live == 0


@story
async def test_writes_in_one_group_have_outcomes_of_their_own(store: Store) -> None:
    twin = job("first")
    outcomes = await asyncio.gather(
        store.write(AddJob(job=twin)),
        *(store.write(AddJob(job=job(f"n{i}"))) for i in range(20)),
        store.write(AddJob(job=job("lost", tenant="nobody"))),
        store.write(AddJob(job=replace(twin, name="second"))),
        return_exceptions=True,
    )
    refused = [o for o in outcomes if isinstance(o, Exception)]
    assert [type(r) for r in refused] == [NotThereError, AlreadyExistsError]
    assert len((await store.read(Jobs())).items) == 21


@story
async def test_an_id_that_is_taken_is_refused_later_too(store: Store) -> None:
    first = job()
    await store.write(AddJob(job=first))
    with pytest.raises(AlreadyExistsError):
        await store.write(AddJob(job=job("other")), AddJob(job=first))
    assert len((await store.read(Jobs())).items) == 1


@story
async def test_a_move_from_an_old_version_is_stale(store: Store) -> None:
    first = job()
    await store.write(AddJob(job=first))
    await store.write(MoveJob(job=first.moved("planned", NOON, site="zhongwei")))
    with pytest.raises(StaleError, match="version 2"):
        await store.write(MoveJob(job=first.moved("cancelled", NOON)))


@story
async def test_of_two_movers_at_once_one_wins(store: Store) -> None:
    first = job()
    await store.write(AddJob(job=first))
    outcomes = await asyncio.gather(
        *(store.write(MoveJob(job=first.moved("planned", NOON, site=f"s{i}"))) for i in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(o, StaleError) for o in outcomes) == 7


@story
async def test_a_move_from_another_state_than_named_is_stale(store: Store) -> None:
    first = job()
    await store.write(AddJob(job=first))
    with pytest.raises(StaleError, match="'queued', not at 'running'"):
        await store.write(MoveJob(job=first.moved("succeeded", NOON), states=("running",)))


@story
async def test_a_job_moves_only_within_its_tenant(store: Store) -> None:
    first = job()
    await store.write(AddJob(job=first))
    with pytest.raises(NotThereError):
        await store.write(MoveJob(job=replace(first.moved("planned", NOON), tenant="other")))
    with pytest.raises(NotThereError):
        await store.write(MoveJob(job=job().moved("planned", NOON)))


@story
async def test_the_same_key_and_body_give_the_first_answer(store: Store) -> None:
    first = await store.write(AddJob(job=job()), once=once())
    again = await store.write(AddJob(job=job()), once=replace(once(), answer="another"))
    assert first.replay is None
    assert again.replay == once()
    assert len((await store.read(Jobs())).items) == 1


@story
async def test_retries_in_one_group_store_once(store: Store) -> None:
    receipts = await asyncio.gather(*(store.write(AddJob(job=job()), once=once()) for _ in range(10)))
    assert sum(r.replay is None for r in receipts) == 1
    assert len((await store.read(Jobs())).items) == 1


@story
async def test_the_same_key_with_another_body_is_a_conflict(store: Store) -> None:
    await store.write(AddJob(job=job()), once=once(body="b1"))
    with pytest.raises(IdempotencyConflictError, match="k1"):
        await store.write(AddJob(job=job()), once=once(body="b2"))


@story
async def test_keys_are_each_tenants_own(store: Store) -> None:
    await store.write(Put(record=tenant("other")))
    await store.write(AddJob(job=job()), once=once())
    receipt = await store.write(AddJob(job=job(tenant="other")), once=once(body="b2", tenant="other"))
    assert receipt.replay is None


@story
async def test_a_key_is_new_again_after_a_day(store: Store) -> None:
    await store.write(AddJob(job=job()), once=once())
    later = NOON + timedelta(hours=24)
    receipt = await store.write(AddJob(job=job()), once=once(body="b2", at=later))
    assert receipt.replay is None


@story
async def test_a_refused_write_leaves_its_key_unused(store: Store) -> None:
    with pytest.raises(NotThereError):
        await store.write(AddJob(job=job(tenant="nobody")), once=once())
    assert (await store.write(AddJob(job=job()), once=once(body="b2"))).replay is None


@story
async def test_sweeping_forgets_what_has_expired_and_no_more(store: Store) -> None:
    used = Quote(
        id="quo_1", tenant="default", created_at=NOON, expires_at=NOON, document="", signature="", job="job_1"
    )
    await store.write(Put(record=used), Put(record=replace(used, id="quo_2", job="")), once=once("old"))
    later = NOON + timedelta(hours=24)
    await store.write(Announce(at=later, kind="x", subject="y"), once=once("new", at=later))
    await store.write(Sweep(now=later))
    assert await store.read(One(IdempotencyRecord, ("default", "old"))) is None
    assert await store.read(One(IdempotencyRecord, ("default", "new"))) is not None
    assert await store.read(One(Quote, "quo_1")) == used
    assert await store.read(One(Quote, "quo_2")) is None


@story
async def test_a_job_that_would_break_the_budget_is_refused_with_the_amounts(store: Store) -> None:
    await store.write(Put(record=tenant(budget_cny_per_month=Decimal("10"))))
    await store.write(AddJob(job=job(cost="6.50")))
    with pytest.raises(BudgetExceededError, match=r"committed 6.50 of its 10 CNY.*by 0.01 CNY") as refusal:
        await store.write(AddJob(job=job(cost="3.51")))
    assert refusal.value.committed_cny == Decimal("6.50")
    await store.write(AddJob(job=job(cost="3.50")), AddJob(job=job(cost="9", month="2026-08")))


@story
async def test_what_a_job_cost_less_than_expected_is_free_again(store: Store) -> None:
    await store.write(Put(record=tenant(budget_cny_per_month=Decimal("10"))))
    first = job(cost="9")
    await store.write(AddJob(job=first))
    await store.write(MoveJob(job=first.moved("cancelled", NOON, cost_cny=Decimal("1"))))
    await store.write(AddJob(job=job(cost="9")))
    assert (await store.read(Committed(tenant="default", period="2026-07"))).committed_cny == Decimal("10")


@story
async def test_a_tenant_has_only_so_many_live_jobs(store: Store) -> None:
    await store.write(Put(record=tenant(jobs_max=2)))
    first, second = jobs(2)
    await store.write(AddJob(job=first), AddJob(job=second))
    with pytest.raises(QuotaExceededError, match="2 live jobs and may have 2"):
        await store.write(AddJob(job=job()))
    await store.write(MoveJob(job=first.moved("cancelled", NOON)))
    await store.write(AddJob(job=job()))


@story
async def test_a_batch_counts_against_the_quota_as_it_goes(store: Store) -> None:
    await store.write(Put(record=tenant(jobs_max=3)))
    with pytest.raises(QuotaExceededError):
        await store.write(*(AddJob(job=j) for j in jobs(4)))
    assert (await store.read(Jobs())).items == ()


@story
async def test_no_attempt_is_started_twice(store: Store) -> None:
    first = attempt()
    await store.write(Put(record=first, expect=None))
    with pytest.raises(AlreadyExistsError, match=r"\('job_1', 1\)"):
        await store.write(Put(record=replace(first, id="att_2"), expect=None))


@story
async def test_a_record_is_changed_only_as_it_was_read(store: Store) -> None:
    idle = SiteState(site="zhongwei", updated_at=NOON)
    cordoned = replace(idle, cordoned=True)
    with pytest.raises(NotThereError):
        await store.write(Put(record=cordoned, expect=idle))
    await store.write(Put(record=idle))
    await store.write(Put(record=cordoned, expect=idle))
    with pytest.raises(StaleError):
        await store.write(Put(record=replace(idle, draining=True), expect=idle))
    assert await store.read(One(SiteState, "zhongwei")) == cordoned


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d"])
def test_a_text_that_no_database_can_hold_is_refused_everywhere(place: Place, text: str) -> None:
    async def act() -> None:
        async with opened(place, tenant()) as store:
            good, bad = await asyncio.gather(
                store.write(AddJob(job=job())),
                store.write(AddJob(job=job(detail=text))),
                return_exceptions=True,
            )
            assert not isinstance(good, Exception)
            assert isinstance(bad, UnstorableError)
            assert "Job.detail" in str(bad)

    asyncio.run(act())


@story
async def test_a_fault_in_one_write_is_its_own(store: Store) -> None:
    outcomes = await asyncio.gather(
        store.write(AddJob(job=job(labels={"k": 3}))),  # a number where text belongs
        store.write(AddJob(job=job())),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], Exception)
    assert not isinstance(outcomes[1], BaseException)


@story
async def test_a_closed_store_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreClosedError):
        await store.write(AddJob(job=job()))
    with pytest.raises(StoreClosedError):
        await store.read(Jobs())


def test_an_instant_without_zone_is_refused_at_birth() -> None:
    with pytest.raises(ValueError, match=r"Job.created_at is .*; instants in the store are aware and in UTC"):
        job(at=NOON).__class__(**{**_fields(job()), "created_at": NOON.replace(tzinfo=None)})


def _fields(record: Job) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
