"""The planner: runs schedule() in another process, so that whoever serves requests never waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from api.feeds import Places
from api.loop.errors import PlannerCrashed, PlannerFailed
from pricing import PriceBook
from scheduler import Job, Plan, Policy, Reservation, plan_to_document

HEADER_BYTES = 8
PIECE = 300  # jobs or placements packed at once: packing holds up all threads, so it is done bit by bit
PATIENCE_SECONDS = 120.0
DYING_S = 1.0  # for a child that broke off to be seen dead, before it is killed

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlanRequest:
    """One question to the scheduler; see scheduler.schedule.

    Where room is short, `weights` of the tenants make it plan the jobs at their fair values: see
    scheduler.fair_share.
    """

    jobs: tuple[Job, ...]
    places: Places
    prices: PriceBook
    reserved: tuple[Reservation, ...]
    policy: Policy
    time_limit_s: float
    gap: float
    seed: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlanAnswer:
    """The plan, and its written forms: made where it was computed, not where requests wait.

    Attributes:
        plan: as decided.
        document: the plan as JSON.
        summary: the same without placements and rejections.
        placements: each placement as JSON, in the plan's order.
    """

    plan: Plan
    document: str
    summary: str
    placements: tuple[str, ...]


def answer_of(plan: Plan) -> PlanAnswer:
    """Return a plan with its written forms."""
    document = plan_to_document(plan)
    summary = {name: part for name, part in document.items() if name not in ("placements", "rejections")}
    return PlanAnswer(
        plan=plan,
        document=json.dumps(document),
        summary=json.dumps(summary | {"placements": [], "rejections": []}),
        placements=tuple(json.dumps(placement) for placement in document["placements"]),
    )


def pieces_of(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the items in pieces that are packed quickly."""
    return (items[begin : begin + PIECE] for begin in range(0, len(items), PIECE))


def pack(value: object) -> bytes:
    """Return a value as bytes, for the other process."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


class Planner(Protocol):
    """Answers plan requests, one after the other."""

    async def plan(self, request: PlanRequest) -> PlanAnswer:
        """Decide.

        Raises:
            PlannerFailed: schedule() refused the question.
            PlannerCrashed: The process died or did not answer; the next request gets a new one.
        """

    async def close(self) -> None:
        """End the process."""


class ProcessPlanner:
    """A Planner with one long-lived child, begun when first needed and again after a crash."""

    def __init__(self, *, patience_s: float = PATIENCE_SECONDS) -> None:
        """Set how long to wait for an answer beyond the request's own time limit before the child is killed."""
        self._patience_s = patience_s
        self._child: asyncio.subprocess.Process | None = None
        self._sent: Places | None = None
        self._turn = asyncio.Lock()

    async def plan(self, request: PlanRequest) -> PlanAnswer:
        """Ask the child; see Planner.plan."""
        async with self._turn:
            try:
                async with asyncio.timeout(request.time_limit_s + self._patience_s):
                    kind, answer = await self._ask(request)
            except (OSError, EOFError, TimeoutError) as error:
                code = await self._end(dying=not isinstance(error, TimeoutError))
                why = (
                    "gave no answer in time" if isinstance(error, TimeoutError) else f"ended with code {code}"
                )
                raise PlannerCrashed(f"the planner's process {why}; the next plan gets a new one") from error
            except asyncio.CancelledError:
                await self._end()
                raise
        if kind == "failed":
            raise PlannerFailed(str(answer))
        assert isinstance(answer, PlanAnswer)
        return answer

    async def close(self) -> None:
        """End the child; see Planner.close."""
        await self._end()

    async def _ask(self, request: PlanRequest) -> tuple[str, object]:
        child = self._child
        if child is None or child.returncode is not None:
            child = self._child = await _spawn()
            self._sent = None
        # The places seldom change, and what the child derives from them (routes) is worth keeping.
        places = None if self._sent is request.places else request.places
        self._sent = request.places
        fields = (
            [await asyncio.to_thread(pack, piece) for piece in pieces_of(request.jobs)],
            places,
            request.prices,
            request.reserved,
            request.policy,
            request.time_limit_s,
            request.gap,
            request.seed,
            dict(request.weights),
        )
        assert child.stdin is not None
        assert child.stdout is not None
        frame = await asyncio.to_thread(pack, fields)
        child.stdin.write(len(frame).to_bytes(HEADER_BYTES, "big"))
        child.stdin.write(frame)
        await child.stdin.drain()
        size = int.from_bytes(await child.stdout.readexactly(HEADER_BYTES), "big")
        reply = await child.stdout.readexactly(size)
        kind, answer = await asyncio.to_thread(pickle.loads, reply)  # our own child's words
        return kind, await _unpacked(answer) if kind == "plan" else answer

    async def _end(self, *, dying: bool = False) -> int | None:
        child, self._child = self._child, None
        if child is None:
            return None
        if dying:
            # A kill first asks whether the child still lives, and so takes the exit code of one that has just died
            # away from the loop, which then reports 255.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DYING_S):
                    await child.wait()
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        with contextlib.suppress(OSError):
            await child.communicate()  # closes the pipes
        return child.returncode


async def _unpacked(answer: tuple[PlanAnswer, list[bytes]]) -> PlanAnswer:
    """Put an answer together again from the answer without placements, and its placements in pieces."""
    bare, packed = answer
    pieces = [await asyncio.to_thread(pickle.loads, piece) for piece in packed]
    return replace(
        bare,
        plan=replace(bare.plan, placements=tuple(placement for piece, _ in pieces for placement in piece)),
        placements=tuple(document for _, documents in pieces for document in documents),
    )


async def _spawn() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "api.loop.planner_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
