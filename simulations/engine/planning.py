"""Planning: one cycle of the production scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from scheduler import OPTIMAL, Job, Plan, World, schedule
from scheduler.placement import Placement
from scheduler.reason import Reason
from simulations.engine.replay import Replay

# Reasons that no later hour and no other work changes, as long as nothing is lost.
_FOR_GOOD = frozenset(
    {
        Reason.MISSING_TAG,
        Reason.NOT_RESIDENT,
        Reason.NO_ACCELERATOR,
        Reason.TOO_LARGE,
        Reason.NO_ROUTE,
        Reason.TOO_FAR,
        Reason.NO_SPREAD,
    }
)
_OF_TIME = frozenset({Reason.NO_TIME, Reason.TRANSFER_TOO_LONG})


class Planner:
    """Calls `schedule()` on what may be seen, with the effort a replay allows.

    Args:
        replay: whose policy and effort. Nothing else of it is looked at.
    """

    def __init__(self, replay: Replay) -> None:
        self._policy, self._seed = replay.policy, replay.seed
        self._passes, self._rounds = replay.passes, replay.rounds
        self._limit_s, self._threshold = replay.time_limit_s, replay.move_threshold
        self._last: Plan | None = None

    @property
    def moves(self) -> bool:
        """Whether the policy ever moves what it has planned; a greedy one leaves it where it is."""
        return self._policy.name == OPTIMAL

    def plan(
        self,
        jobs: list[Job],
        world: World,
        *,
        promised: Iterable[Placement] = (),
        cancelled: Callable[[], bool] | None = None,
    ) -> Plan:
        """Return the plan of one cycle; what is promised moves only for a gain."""
        kept = tuple(promised)
        previous = None
        if kept and self._last is not None:
            previous = _seen_from(world, self._last, kept)
        plan = schedule(
            jobs,
            world,
            policy=self._policy,
            time_limit_s=self._limit_s,
            seed=self._seed,
            cancelled=cancelled,
            previous=previous,
            move_threshold=self._threshold,
            passes=self._passes,
            rounds=self._rounds,
        )
        self._last = plan
        return plan


def is_for_good(reasons: Mapping[str, int], *, sees_deadline: bool) -> bool:
    """Whether a job that was refused for these reasons will be refused by every later cycle too.

    Args:
        reasons: of the refusal.
        sees_deadline: whether the cycle saw as far as the job's deadline, so that no later one sees more time.
    """
    return (_FOR_GOOD | _OF_TIME if sees_deadline else _FOR_GOOD).issuperset(reasons)


def _seen_from(world: World, plan: Plan, kept: tuple[Placement, ...]) -> Plan:
    """Return an earlier plan on the slots of a later horizon: what is still promised, and prices of slots to come."""
    shift = (world.horizon.start - plan.horizon.start) // world.horizon.slot_length
    prices = (
        replace(price, slot=price.slot - shift)
        for price in plan.shadow_prices
        if 0 <= price.slot - shift < world.horizon.slots
    )
    return replace(plan, horizon=world.horizon, placements=kept, rejections=(), shadow_prices=tuple(prices))
