"""Counter: where jobs are priced against what a plan leaves, one after another; laid out once."""

from __future__ import annotations

import numpy as np

from scheduler.arrays import Bools, Floats
from scheduler.ask import AskMaker
from scheduler.job import Job
from scheduler.optimizer.board import Board, Finds, cheapest_sites, fitting_starts, least_ahead
from scheduler.policy import Policy
from scheduler.references import References
from scheduler.room import Room
from scheduler.scarcity import Scarcity
from scheduler.unit_cost import UnitCost
from scheduler.world import World


class Counter:
    """Prices jobs of one piece at one site."""

    def __init__(
        self, *, world: World, policy: Policy, unit: UnitCost, room: Room, scarcity: Scarcity
    ) -> None:
        """Lay everything out."""
        self._references = References(world.catalogue)
        self._asks = AskMaker(world, room)
        self._board = _board(policy, unit, room, scarcity)

    def check(self, job: Job) -> None:
        """Check that what a job names exists.

        Raises:
            ReferenceFault: the first name that does not.
        """
        self._references.check([job])

    def cheapest(self, job: Job, most: int) -> Finds:
        """Return the cheapest option of each of the cheapest sites for a job that does not spread."""
        return cheapest_sites(self._board, self._asks.ask_of(job), most)

    def starts(self, job: Job) -> tuple[Bools, Floats]:
        """Return (starts [V, S, T] that have room for one replica, what that room is worth [V, S, T, CNY])."""
        return fitting_starts(self._board, self._asks.ask_of(job))


def _board(policy: Policy, unit: UnitCost, room: Room, scarcity: Scarcity) -> Board:
    energy, carbon = policy.energy_weight, policy.carbon_weight * unit.carbon_cny_per_kg
    weighted = energy * unit.per_slot[0] + carbon * unit.per_slot[1]
    return Board(
        room=_own(room.sites),
        least=room.sites.min(axis=2),
        most=room.sites.max(axis=2),
        link_room=_own(room.links),
        link_least=room.links.min(axis=1, initial=np.inf),
        unit=_own(unit.per_slot[:2]),
        unit_before=_own(unit.before[:2]),
        sunny=np.asarray(unit.sun_it_kw > 0),
        floor=least_ahead(weighted),
        worth=_own(scarcity.sites),
        link_worth=_own(scarcity.links),
        weight=np.array([energy, carbon, policy.network_weight, unit.carbon_cny_per_kg]),
        quota_site=_own(room.energy.site),
        quota_before=_summed(room.energy.weight),
        quota_left=_own(room.energy_kwh),
    )


def _own(values: np.ndarray) -> np.ndarray:
    """Return a copy in one piece: compiled code takes no other, and nobody changes it behind the counter's back."""
    return np.array(values, order="C")


def _summed(weight: Floats) -> Floats:
    return np.concatenate([np.zeros((len(weight), 1)), np.cumsum(weight, axis=1)], axis=1)
