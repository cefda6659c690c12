"""Whoever touches the audit chain behind the store's back is found out."""

from __future__ import annotations

import asyncio

import pytest

from api.store import Audit, AuditVerdict, Head, Store, verify_audit
from tests.api.store.builders import NOON
from tests.api.store.places import SECRET, Place, opened, story

MOVE_HEAD_BACK = """
    UPDATE heads SET number = 4, digest = (SELECT digest FROM audit WHERE number = 4) WHERE name = 'audit'
"""
TAMPERINGS = {
    "edit": ("UPDATE audit SET actor = 'someone' WHERE number = 3", "row 3 was edited"),
    "gap": ("DELETE FROM audit WHERE number = 3", "row 3 is missing"),
    "cut": ("DELETE FROM audit WHERE number > 4", "ends at row 4 but its head names row 6"),
    "cut at the start": ("DELETE FROM audit WHERE number = 1", "row 1 is missing"),
    "reordering": (
        "UPDATE audit SET number = CASE number WHEN 2 THEN 30 ELSE 2 END WHERE number IN (2, 3)",
        "row 3 is missing",
    ),
    "head moved back": (MOVE_HEAD_BACK, "ends at row 6 but its head names row 4"),
}


async def write_rows(store: Store, count: int) -> None:
    for i in range(count):
        await store.write(
            Audit(at=NOON, actor="alice", action="key.made", target=f"key{i}", document='{"a":"é"}')
        )


@story
async def test_an_untouched_chain_is_sound(store: Store) -> None:
    assert (await verify_audit(store, SECRET)).sound
    await asyncio.gather(*(write_rows(store, 10) for _ in range(5)))
    verdict = await verify_audit(store, SECRET)
    assert verdict.sound, verdict.faults
    assert verdict.rows == 50


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found(durable_place: Place, name: str) -> None:
    statement, fault = TAMPERINGS[name]
    verdict = asyncio.run(_after(durable_place, [statement]))
    assert any(fault in found for found in verdict.faults), verdict.faults


def test_a_chain_cut_together_with_its_head_breaks_the_seal(durable_place: Place) -> None:
    cut = ["DELETE FROM audit WHERE number > 4", MOVE_HEAD_BACK]
    verdict = asyncio.run(_after(durable_place, cut))
    assert verdict.faults == (
        "the head's seal is not ours: the chain was rewritten, or the secret is another one",
    )


def test_an_older_database_put_back_is_found_by_a_witness(durable_place: Place) -> None:
    async def act() -> None:
        async with opened(durable_place) as store:
            await write_rows(store, 6)
            witness = (await verify_audit(store, SECRET)).head
            await write_rows(store, 1)
            assert (await verify_audit(store, SECRET, witness=witness)).sound
        durable_place.run("DELETE FROM audit")
        durable_place.run("DELETE FROM heads WHERE name = 'audit'")
        async with opened(durable_place) as store:
            assert (await verify_audit(store, SECRET)).sound
            verdict = await verify_audit(store, SECRET, witness=witness)
            assert verdict.faults == ("the chain ends at row 0 but the witness saw row 6",)
            other = Head(name="audit", number=1, digest="0" * 64)
            await write_rows(store, 1)
            assert (
                "row 1 is not the one the witness saw"
                in (await verify_audit(store, SECRET, witness=other)).faults
            )

    asyncio.run(act())


def test_another_secret_does_not_fit_the_seal(place: Place) -> None:
    async def act() -> None:
        async with opened(place) as store:
            await write_rows(store, 1)
            assert not (await verify_audit(store, b"guessed")).sound

    asyncio.run(act())


async def _after(place: Place, statements: list[str]) -> AuditVerdict:
    async with opened(place) as store:
        await write_rows(store, 6)
    for statement in statements:
        place.run(statement)
    async with opened(place) as store:
        return await verify_audit(store, SECRET)
