"""What the SQL store asks of a database: connections of one dialect, an election, news of others' commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from api.store.tables import Row, Table, Value


class Connection(Protocol):
    """One connection, used by one thread at a time. SQL has `?` for each parameter.

    Every method raises UnavailableError when the database fails; what breaks a unique key raises
    AlreadyExistsError.
    """

    def begin(self) -> None:
        """Begin a write transaction: from here on no other connection writes until it ends."""

    def commit(self, seq: int) -> None:
        """Make the transaction durable and tell listeners of the newest event."""

    def rollback(self) -> None:
        """Forget the transaction, as far as the database still answers."""

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Run one statement; its rows, if it has any."""

    def look_up(self, table: Table[Any], keys: Sequence[Row]) -> list[Row]:
        """The rows that are there under the keys, in any order."""

    def insert(self, table: Table[Any], rows: Sequence[Row]) -> None:
        """Add rows that are new."""

    def replace(self, table: Table[Any], rows: Sequence[Row]) -> None:
        """Store rows under their keys, over what is there."""

    def close(self) -> None:
        """Let go of the database."""


class AsyncConnection(Protocol):
    """One connection for an event loop, used by one task at a time; it only reads. Fails as a Connection does."""

    async def run(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Run one statement; its rows."""

    async def close(self) -> None:
        """Let go of the database."""


class Lock(Protocol):
    """The leader's lock."""

    def held(self) -> bool:
        """False once it is known to be lost."""

    def release(self) -> None:
        """Give it up."""


class Database(Protocol):
    """A database that has been migrated."""

    def connect(self) -> Connection:
        """A new connection."""

    async def connect_async(self) -> AsyncConnection:
        """A new connection for look-ups by key from an event loop, which must not wait for long."""

    def elect(self) -> Lock | None:
        """The leader's lock, or None while another holds it."""

    def listen(self, ring: Callable[[int], None]) -> Callable[[], None]:
        """Call `ring(seq)` when another process commits events; the answer ends the listening."""
