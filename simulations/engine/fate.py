"""Fate: what comes true of a job and the planner does not know: its actual run time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist

from simulations.dice import throw_dice

SHORTEST_RATIO, LONGEST_RATIO = 0.1, 10.0
_NORMAL = NormalDist()


class Fate:
    """Actual over estimated run times: given ones times seeded log-normal noise of mean 1.

    Args:
        seed: of the throws; that of a job depends on nothing but the seed and its name.
        sigma: relative standard deviation of the noise.
        ratios: job -> given ratio.
    """

    def __init__(self, *, seed: int, sigma: float, ratios: Mapping[str, float]) -> None:
        self._seed, self._ratios = seed, ratios
        self._sigma = math.sqrt(math.log1p(sigma**2))

    @property
    def is_known(self) -> bool:
        """Whether every run takes as long as estimated."""
        return not self._ratios and self._sigma == 0

    def ratio(self, job: str) -> float:
        """Return the actual run time of a job over its estimate."""
        given = self._ratios.get(job, 1.0)
        if self._sigma == 0:
            return given
        throw = min(max(throw_dice(self._seed, f"run time of {job}")[0], 1e-9), 1 - 1e-9)
        noise = math.exp(self._sigma * _NORMAL.inv_cdf(throw) - self._sigma**2 / 2)
        return given * min(max(noise, SHORTEST_RATIO), LONGEST_RATIO)
