"""Events, server-sent: resumed by Last-Event-ID with nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from api.auth import Scope
from api.errors import InvalidFieldError
from api.routes.visit import GuardedRoute, Visit, Visiting, needs, refusals
from api.store import Event, Events, LastSeq

router = APIRouter(route_class=GuardedRoute, tags=["events"])

RETRY_MS = 1_000
PAGE = 500
_SEQ = re.compile(r"[0-9]{1,18}")
_DESCRIBED = {
    "parameters": [
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
            "description": "Go on after this event; what was missed comes first.",
        }
    ]
}


@router.get(
    "/v1/events",
    summary="Watch events as they happen (server-sent)",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "One `id`, `event`, `data` a message; comments as heartbeats. Never ends by itself, "
            "unless `limit` is given.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **refusals(),
    },
    openapi_extra=_DESCRIBED,
)
@needs(Scope.READ)
async def watch_events(
    visit: Visiting,
    after: Annotated[
        int | None,
        Query(
            ge=0, le=10**18 - 1, description="Go on after this event; 0 is from the first. Now when left out."
        ),
    ] = None,
    limit: Annotated[int | None, Query(ge=1, le=100_000, description="End after so many events.")] = None,
    wait: Annotated[bool, Query(description="False: end when there is nothing more yet.")] = True,
    public: Annotated[
        bool,
        Query(description="True: also that a plan was committed or a site's state changed, without data."),
    ] = False,
) -> Response:
    """Events of the caller's own jobs, in the order of their commit. Ends when the key no longer holds."""
    last = visit.request.headers.get("last-event-id")
    if last is not None and not _SEQ.fullmatch(last):
        raise InvalidFieldError(
            "Last-Event-ID", f"Last-Event-ID = {last[:60]!r}: must be an event's id, a number"
        )
    start = int(last) if last is not None else after
    if start is None:
        start = await visit.service.store.read(LastSeq())
    return StreamingResponse(
        _stream(visit, start, limit, wait=wait, public=public),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    visit: Visit, seq: int, limit: int | None, *, wait: bool, public: bool
) -> AsyncIterator[str]:
    service, left = visit.service, limit
    yield f"retry: {RETRY_MS}\n\n"
    with service.metrics.streams.track_inprogress():
        while not service.closing.is_set() and await visit.still_allowed(Scope.READ):
            # Asked before the page is read: what is committed in between is found by the next round.
            newest = await service.store.read(LastSeq())
            page = await service.store.read(
                Events(after=seq, tenant=visit.tenant, limit=min(PAGE, left or PAGE), public=public)
            )
            if page:
                yield "".join(map(_message, page))
                seq = page[-1].seq
                left = None if left is None else left - len(page)
                if left == 0:
                    return
            elif not wait:
                return
            else:
                seq = max(seq, newest)
                if await _next(visit, seq) == seq:
                    yield ": still here\n\n"


async def _next(visit: Visit, seq: int) -> int:
    """Wait for an event of anybody, the heartbeat or the end; return the newest seq."""
    service = visit.service
    change = asyncio.ensure_future(service.store.wait_for_change(seq, service.settings.heartbeat_seconds))
    end = asyncio.ensure_future(service.closing.wait())
    try:
        await asyncio.wait({change, end}, return_when=asyncio.FIRST_COMPLETED)
        return change.result() if change.done() else seq
    finally:
        change.cancel()
        end.cancel()


def _message(event: Event) -> str:
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {_data(event)}\n\n"


def _data(event: Event) -> str:
    # The document is one line of JSON already; its members are joined, not parsed.
    head = (
        f'{{"seq":{event.seq},"at":"{event.at.isoformat()}","kind":"{event.kind}","subject":"{event.subject}"'
    )
    # What the system says of itself names operators and their reasons: that it happened is all others hear.
    return f'{head},"data":{event.document if event.tenant else "{}"}}}'
