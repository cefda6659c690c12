"""Connections that only read, shared by a few threads."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.store.database import Connection, Database
from api.store.errors import StoreClosedError, UnavailableError
from api.store.statements import Statement
from api.store.tables import Row

A = TypeVar("A")

THREADS = 4


class ReaderPool:
    """Threads for the event loops' questions, and idle connections for whoever reads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._idle: deque[Connection] = deque()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="edwc-store-reader")
        self._closed = False

    async def run(self, work: Callable[[], A]) -> A:
        """Do the work in one of the threads."""
        if self._closed:
            raise StoreClosedError("the store is closed; open it again")
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def rows(self, statement: Statement) -> list[Row]:
        """The rows of one statement.

        Raises:
            UnavailableError: The database does not answer, also on a fresh connection.
        """
        if self._closed:
            raise StoreClosedError("the store is closed; open it again")
        while True:
            try:
                connection, used = self._idle.pop(), True
            except IndexError:
                connection, used = self._database.connect(), False
            try:
                rows = connection.run(statement.sql, statement.parameters)
            except UnavailableError:
                connection.close()
                # An idle connection may have died with the server: try the next, at last a new one.
                if not used:
                    raise
            except BaseException:
                connection.close()
                raise
            else:
                self._idle.append(connection)
                return rows

    def close(self) -> None:
        """Wait for what is being read, then let go of the connections."""
        self._closed = True
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().close()
