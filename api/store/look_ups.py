"""Look-ups: short reads that event loops wait for themselves, on a few connections of their own."""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakKeyDictionary

from api.store.database import AsyncConnection, Database
from api.store.errors import StoreClosedError, StoreSilentError, UnavailableError
from api.store.statements import Statement
from api.store.tables import Row

CONNECTIONS_MAX = 4


class LookUps:
    """Idle connections, and a queue before them for each event loop.

    A thread would have to be woken, and then wait for the interpreter's lock: that takes longer than the answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._idle: deque[AsyncConnection] = deque()
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self._closed = False

    async def rows(self, statement: Statement) -> list[Row]:
        """The rows of one statement.

        Raises:
            UnavailableError: The database does not answer, also on a fresh connection.
        """
        loop = asyncio.get_running_loop()
        if (turns := self._turns.get(loop)) is None:
            turns = self._turns[loop] = asyncio.Semaphore(CONNECTIONS_MAX)
        async with turns:
            return await self._rows(statement)

    async def _rows(self, statement: Statement) -> list[Row]:
        while True:
            if self._closed:
                raise StoreClosedError("the store is closed; open it again")
            try:
                connection, used = self._idle.pop(), True
            except IndexError:
                connection, used = await self._database.connect_async(), False
            try:
                rows = await connection.run(statement.sql, statement.parameters)
            except UnavailableError as error:
                await connection.close()
                # An idle connection may have died with the server: try the next, at last a new one. Silence was waited
                # for long enough.
                if not used or isinstance(error, StoreSilentError):
                    raise
            except BaseException:
                await connection.close()
                raise
            else:
                await self._give_back(connection)
                return rows

    async def _give_back(self, connection: AsyncConnection) -> None:
        if self._closed:
            await connection.close()
        else:
            self._idle.append(connection)

    async def close(self) -> None:
        """Let go of the connections; one that is in use is let go of after its answer."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()
