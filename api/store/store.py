"""The seam between the service and where it keeps its things."""

from __future__ import annotations

from typing import Protocol, TypeVar

from api.store.changes import Change, Receipt
from api.store.queries import Query
from api.store.records import IdempotencyRecord

A = TypeVar("A")


class Leadership(Protocol):
    """The right to decide, until it is released or its holder dies.

    `epoch` goes into every write the leader makes.
    """

    @property
    def epoch(self) -> int:
        """The number of this reign; a later leader's is greater."""

    async def held(self) -> bool:
        """False once the lock is known to be lost.

        Safety does not rest on it: stale epochs are refused anyway.
        """

    async def release(self) -> None:
        """Step down, so that another may lead at once."""


class Store(Protocol):
    """Durable, tenant-safe memory of the service. Every method may be called from any event loop.

    Any method raises UnavailableError (or a kind of it) when the database does not do its work.
    """

    async def write(
        self, *changes: Change, epoch: int | None = None, once: IdempotencyRecord | None = None
    ) -> Receipt:
        """Store all changes or none; the answer comes only after they are durable.

        Args:
            changes: Applied in order; each sees those before it.
            epoch: The leader's epoch; the write is refused when another leads.
            once: The answer to remember under an idempotency key. If the key is there with the same body
                digest and has not expired, nothing is stored and the receipt carries the first answer.

        Raises:
            RefusedError: A rule was broken (see errors.py); nothing was stored.
        """

    async def read(self, query: Query[A]) -> A:
        """Answer a query from what is committed.

        Raises:
            BadQueryError: The question cannot be answered: unknown field, bad cursor.
        """

    async def wait_for_change(self, after_seq: int, timeout_s: float) -> int:
        """Sleep until an event after `after_seq` is committed or the time is over.

        The newest seq either way.
        """

    async def lead(self, holder: str) -> Leadership | None:
        """Become the leader, or None while another process or store leads."""

    async def close(self) -> None:
        """Finish the writes under way and let go of everything."""
