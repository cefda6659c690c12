"""Group commit: the writes that wait while one commit reaches the disk go together into the next."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence

from api.store.changes import Receipt
from api.store.errors import RefusedError, StoreBusyError, StoreClosedError, StoreError, UnavailableError
from api.store.rules import Write

Outcome = Receipt | StoreError
_Future = asyncio.Future[Receipt]

CHANGES_PER_GROUP = 2_000
CHANGES_WAITING_MAX = 50_000


class GroupWriter:
    """One thread that commits groups of writes; each write has its own outcome."""

    def __init__(self, commit: Callable[[Sequence[Write]], Sequence[Outcome]], name: str) -> None:
        """Start the thread.

        Args:
            commit: Commits a group and answers for each write in order; raises when nothing was committed.
            name: The thread's name.
        """
        self._commit = commit
        self._waiting: deque[tuple[Write, asyncio.AbstractEventLoop, _Future]] = deque()
        self._changes_waiting = 0
        self._closing = False
        self._work = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def submit(self, write: Write) -> Receipt:
        """Wait until the write is committed.

        Raises:
            StoreBusyError: Too much is waiting already; nothing was stored.
            StoreClosedError: The store was closed; nothing was stored.
        """
        loop = asyncio.get_running_loop()
        future: _Future = loop.create_future()
        with self._work:
            if self._closing:
                raise StoreClosedError("the store is closed; open it again")
            if self._changes_waiting > CHANGES_WAITING_MAX:
                raise StoreBusyError(
                    f"{self._changes_waiting} changes wait to be written, {CHANGES_WAITING_MAX} may; "
                    "try again later"
                )
            self._waiting.append((write, loop, future))
            self._changes_waiting += len(write.changes)
            self._work.notify()
        return await future

    def close(self) -> None:
        """Commit what waits, then end the thread."""
        with self._work:
            self._closing = True
            self._work.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            outcomes = self._outcomes([write for write, _, _ in group])
            loops: dict[asyncio.AbstractEventLoop, list[tuple[_Future, Outcome]]] = {}
            for (_, loop, future), outcome in zip(group, outcomes, strict=True):
                loops.setdefault(loop, []).append((future, outcome))
            for loop, settled in loops.items():
                with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits for the answer
                    loop.call_soon_threadsafe(_settle, settled)

    def _next_group(self) -> list[tuple[Write, asyncio.AbstractEventLoop, _Future]]:
        with self._work:
            while not self._waiting and not self._closing:
                self._work.wait()
            group: list[tuple[Write, asyncio.AbstractEventLoop, _Future]] = []
            changes = 0
            while self._waiting and (
                not group or changes + len(self._waiting[0][0].changes) <= CHANGES_PER_GROUP
            ):
                group.append(self._waiting.popleft())
                changes += len(group[-1][0].changes)
            self._changes_waiting -= changes
            return group

    def _outcomes(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        try:
            return self._commit(writes)
        except UnavailableError as error:
            return [error] * len(writes)
        except Exception as error:
            # The database would not take one of them: alone, each finds out whether it was the one.
            if len(writes) > 1:
                return [outcome for write in writes for outcome in self._outcomes([write])]
            return [error if isinstance(error, StoreError) else _refusal(error)]


def _refusal(error: Exception) -> RefusedError:
    refusal = RefusedError(f"the write cannot be stored: {type(error).__name__}: {error}")
    refusal.__cause__ = error
    return refusal


def _settle(settled: Sequence[tuple[_Future, Outcome]]) -> None:
    for future, outcome in settled:
        if future.cancelled():  # whoever asked has gone; the write stands
            continue
        if isinstance(outcome, StoreError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
