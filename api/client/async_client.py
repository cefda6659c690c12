"""AsyncClient: the service for programs on an event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from api.client import calls
from api.client.calls import JobLike
from api.client.conversation import Conversation
from api.client.driver import Driver
from api.client.endpoints import Ejection
from api.client.errors import ClientError
from api.client.following import NEVER, follow, wait_for
from api.client.jobs_file import read_job_documents
from api.client.models import (
    Attempt,
    Bill,
    Event,
    Explanation,
    JobStatus,
    LogPiece,
    PlanStatus,
    Quote,
    Receipt,
    Site,
)
from api.client.opening import converse, new_key
from api.client.patience import Patience
from api.client.steps import Call

T = TypeVar("T")


class AsyncClient:
    """The service behind one or several base URLs. Belongs to one event loop; close it, or use it in an `async with`.

    Every method raises a ClientError: ServiceError when the service refuses, NoAnswerError when nobody answers.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        api_key: str,
        *,
        patience: Patience | None = None,
        ejection: Ejection | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Name the service.

        Args:
            urls: base URL or URLs of the same service.
            api_key: `edwc_…`.
            patience: every time and count.
            ejection: when a failing endpoint is set aside.
            transport: of httpx, for certificates, proxies and tests.

        Raises:
            ValueError: there is no URL, or one is none.
        """
        self._talk: Conversation = converse(urls, api_key, patience=patience, ejection=ejection)
        self._driver = Driver(self._talk.endpoints, transport)

    async def close(self) -> None:
        """Close every connection."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def submit(self, job: JobLike, *, offer: str = "", idempotency_key: str = "") -> JobStatus:
        """Submit one job and return it; when this returns, the job is stored durably, once.

        Args:
            job: a Job, or a mapping with the same fields.
            offer: id of an offer of a quote for this same job: it is billed at most that price.
            idempotency_key: made afresh when left out; give your own to repeat a submission after a crash of yours.
        """
        return await self._ask(calls.submit_one(job, key=idempotency_key or new_key(), offer=offer))

    async def submit_many(self, jobs: Iterable[JobLike], *, idempotency_key: str = "") -> list[Receipt]:
        """Submit many jobs, in batches, and return a receipt for each in the same order.

        A batch is stored as a whole or not at all. Where one fails, the error's `accepted` holds the receipts of
        those before it; the same jobs under the same `idempotency_key` go on where it stopped.
        """
        receipts: list[Receipt] = []
        for call in calls.submit_batches(list(jobs), key=idempotency_key or new_key()):
            try:
                batch = await self._ask(call)
            except ClientError as error:
                error.accepted = tuple(receipts)
                raise
            receipts += batch
        return receipts

    async def submit_files(self, *paths: Path | str, idempotency_key: str = "") -> list[Receipt]:
        """Submit the jobs of files (.jsonl, .json, .yaml); see `submit_many`."""
        jobs = [job for path in paths for job in read_job_documents(path)]
        return await self.submit_many(jobs, idempotency_key=idempotency_key)

    async def quote(self, job: JobLike) -> Quote:
        """Return a menu of prices: now, cheapest, greenest, and by region."""
        return await self._ask(calls.quote(job))

    async def job(self, job: str) -> JobStatus:
        """Return a job by its id."""
        return await self._ask(calls.show(job))

    async def jobs(
        self,
        *,
        states: Sequence[str] = (),
        name: str | None = None,
        search: str | None = None,
        label: str | None = None,
        site: str | None = None,
        since: datetime | None = None,
        page_size: int = 500,
    ) -> AsyncIterator[JobStatus]:
        """Yield jobs, newest first.

        Args:
            states: only these.
            name: only this name.
            search: only names that hold this; A to Z are as a to z.
            label: `key=value`.
            site: only at this site.
            since: created at or after; aware.
            page_size: jobs fetched at once.
        """
        cursor: str | None = None
        while True:
            page = await self._ask(
                calls.list_jobs(
                    states=states,
                    name=name,
                    search=search,
                    label=label,
                    site=site,
                    since=since,
                    cursor=cursor,
                    limit=page_size,
                )
            )
            for job in page.jobs:
                yield job
            cursor = page.cursor
            if cursor is None:
                return

    async def cancel(self, job: str) -> JobStatus:
        """Cancel a job; asking again changes nothing."""
        return await self._ask(calls.cancel(job))

    async def wait(
        self,
        jobs: Iterable[str],
        *,
        timeout_s: float | None = None,
        on_event: Callable[[Event], object] | None = None,
        on_done: Callable[[JobStatus], object] | None = None,
    ) -> list[JobStatus]:
        """Wait until every job has ended, on one event stream, and return them in the order given.

        Args:
            jobs: ids.
            timeout_s: TimeLimitError after this [s].
            on_event: called with every event of these jobs; awaited when it is a coroutine function.
            on_done: called with each job once, when it has ended; awaited likewise.
        """
        ids, ended = list(jobs), dict[str, JobStatus]()
        async for told in self._driver.emitted(wait_for(self._talk, ids, timeout_s=timeout_s)):
            if isinstance(told, JobStatus):
                ended[told.id] = told
                if on_done is not None:
                    await _told(on_done, told)
            elif on_event is not None:
                await _told(on_event, told)
        return [ended[name] for name in ids]

    async def events(
        self, *, after: int | None = None, timeout_s: float | None = None
    ) -> AsyncIterator[Event]:
        """Yield the events of the key's tenant as they happen, none lost and none twice, through any break.

        Args:
            after: go on after this `seq`; 0 is from the first, None from now on.
            timeout_s: TimeLimitError after this [s]; never when left out.
        """
        until = NEVER if timeout_s is None else self._talk.clock() + timeout_s
        async for told in self._driver.emitted(follow(self._talk, after=after, until=until)):
            if isinstance(told, Event):
                yield told

    async def attempts(self, job: str) -> list[Attempt]:
        """Return every try at running a job."""
        return await self._ask(calls.attempts(job))

    async def explanation(self, job: str) -> Explanation:
        """Return why a job is where it is, or is not."""
        return await self._ask(calls.explanation(job))

    async def logs(
        self, job: str, *, offset: int = 0, stream: str = "stdout", attempt: int | None = None
    ) -> LogPiece:
        """Return a piece of what a job wrote, from an offset on."""
        return await self._ask(calls.logs(job, offset=offset, stream=stream, attempt=attempt))

    async def bill(self, month: str | None = None) -> Bill:
        """Return a month's bill, such as of "2026-07"; of this month when left out."""
        return await self._ask(calls.bill(month))

    async def bill_csv(self, month: str | None = None) -> str:
        """Return a month's bill as CSV."""
        return await self._ask(calls.bill_csv(month))

    async def sites(self) -> list[Site]:
        """Return every site and its state."""
        return await self._ask(calls.sites())

    async def latest_plan(self) -> PlanStatus:
        """Return the latest plan."""
        return await self._ask(calls.latest_plan())

    async def start_scenario(self, scenario: Mapping[str, Any]) -> dict[str, Any]:
        """Start a what-if; repeated only where it cannot have arrived."""
        return await self._ask(calls.start_scenario(scenario))

    async def scenario(self, scenario: str) -> dict[str, Any]:
        """Return a what-if and its outcome."""
        return await self._ask(calls.show_scenario(scenario))

    async def make_key(self, *, tenant: str, scopes: Sequence[str], name: str = "") -> str:
        """Make a key and return its text; needs the scope admin."""
        return str((await self._ask(calls.make_key(tenant=tenant, scopes=scopes, name=name)))["key"])

    async def _ask(self, call: Call[T]) -> T:
        return await self._driver.run(self._talk.ask(call))


async def _told(callback: Callable[[Any], object], news: object) -> None:
    result = callback(news)
    if isinstance(result, Awaitable):
        await result
