"""The fault matrix: a trouble strikes an errand at a stage, and passes; the errand must come to its end, once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from api.dispatch import Sight
from tests.api.dispatch.faults.errand import Errand

Act = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """Some troubles pass by themselves."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that goes wrong: how it strikes, how it passes, and how long it lasts."""

    strike: Act
    heal: Act = nothing
    lasts_s: float = 1.0


async def strike(stage: str, trouble: Trouble, errand: Errand) -> float:
    """Let a trouble strike at a stage; from its end until the job was seen again, or its end was [s]."""
    return await _STAGES[stage](trouble, errand)


async def judge(errand: Errand) -> None:
    """Let the work come to its end, and hold it to what is promised."""
    errand.let_go()
    await errand.until(Sight.ENDED)
    assert errand.last.succeeded, errand.last
    done, begun = errand.lines("done"), errand.lines("begun")
    assert len(done) == 1, f"it ran to its end once, not {done}"
    assert len(begun) <= errand.number, f"no attempt began twice, as in {begun}"


async def _suffer(trouble: Trouble, errand: Errand) -> float:
    """Go on while the trouble lasts; when it ended."""
    await trouble.strike()
    await errand.go_on_for(trouble.lasts_s)
    await trouble.heal()
    return time.monotonic()


async def _submitting(trouble: Trouble, errand: Errand) -> float:
    healed = await _suffer(trouble, errand)
    await errand.until(Sight.WAITING, Sight.RUNNING)
    return time.monotonic() - healed


async def _queued(trouble: Trouble, errand: Errand) -> float:
    await errand.until(Sight.WAITING)
    healed = await _suffer(trouble, errand)
    await errand.until(Sight.WAITING, Sight.RUNNING)
    return time.monotonic() - healed


async def _running(trouble: Trouble, errand: Errand) -> float:
    await errand.when(lambda: errand.lines("begun"))
    healed = await _suffer(trouble, errand)
    await errand.until(Sight.RUNNING)
    return time.monotonic() - healed


async def _ending(trouble: Trouble, errand: Errand) -> float:
    await errand.when(lambda: errand.lines("begun"))
    await trouble.strike()
    errand.let_go()
    await errand.go_on_for(trouble.lasts_s)
    await trouble.heal()
    healed = time.monotonic()
    await errand.until(Sight.ENDED)
    return time.monotonic() - healed


_STAGES = {"submitting": _submitting, "queued": _queued, "running": _running, "ending": _ending}
