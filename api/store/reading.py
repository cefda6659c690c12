"""Questions that take more than one page to answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, TypeVar, overload

from api.store.audit import AuditVerdict, verify_chain
from api.store.queries import Jobs, Many, One
from api.store.records import AuditRow, Head, Job
from api.store.store import Store

R = TypeVar("R")


@overload
def every(store: Store, query: Jobs) -> AsyncIterator[Job]: ...
@overload
def every(store: Store, query: Many[R]) -> AsyncIterator[R]: ...
async def every(store: Store, query: Any) -> AsyncIterator[Any]:
    """All records that a listing has, page after page."""
    while True:
        page = await store.read(query)
        for item in page.items:
            yield item
        if page.cursor is None:
            return
        query = replace(query, after=page.cursor)


async def verify_audit(store: Store, secret: bytes, *, witness: Head | None = None) -> AuditVerdict:
    """Read the whole audit chain and report every edit, gap, reordering and cut.

    Args:
        store: Where the chain is.
        secret: What the store was opened with.
        witness: An earlier `AuditVerdict.head`, kept elsewhere: finds out an older database put back.
    """
    # The head first: rows that are added meanwhile lie beyond it and are left for the next time.
    head = await store.read(One(Head, "audit")) or Head(name="audit")
    rows = [row async for row in every(store, Many(AuditRow, limit=5_000))]
    later = await store.read(One(Head, "audit")) or head
    rows = [row for row in rows if not head.number < row.number <= later.number]
    return verify_chain(rows, head, secret, witness=witness)
