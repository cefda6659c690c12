"""The planner in this process: for tests and for whoever has nothing else to do meanwhile."""

from __future__ import annotations

from api.loop.errors import PlannerFailed
from api.loop.planner import PlanAnswer, PlanRequest, answer_of
from scheduler import World, schedule
from scheduler.fair_share import share_fairly


class InlinePlanner:
    """A Planner that computes while everybody waits."""

    async def plan(self, request: PlanRequest) -> PlanAnswer:
        """Decide here and now; see Planner.plan."""
        try:
            world = World(
                catalogue=request.places.catalogue,
                network=request.places.network,
                prices=request.prices,
                reserved=request.reserved,
            )
            jobs = request.jobs
            if request.weights:
                jobs = share_fairly(jobs, world, request.weights)
            plan = schedule(
                jobs,
                world,
                policy=request.policy,
                time_limit_s=request.time_limit_s,
                gap=request.gap,
                seed=request.seed,
            )
        except Exception as error:
            raise PlannerFailed(f"{type(error).__name__}: {error}") from error
        return answer_of(plan)

    async def close(self) -> None:
        """Nothing is held."""
