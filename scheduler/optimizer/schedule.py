"""How much work a time limit is worth: numbers chosen from the problem alone, so that the clock decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.optimizer.table import Table

LARGE_FROM = (
    30_000  # jobs from which prices are found on a sample first, and settling has nearly all of the rest
)
LEAST_ROUNDS = (
    8  # a faster machine than the nominal one has time for them; the clock cuts them on a slower one
)
SAMPLE = 15_000  # jobs that stand for all of a large problem while prices are found
SAMPLE_PASSES = 300
NOMINAL_PRICE_US = 1.0  # pricing one job against one pass, both lanes at work
OPTIONS_POWER = 0.6  # late passes leave out most sites: ten times as many cost about four times as much
SETTLES = 60  # rounds after each of which the walls rise
SETTLE_MOVES = 50  # most moves per job, lane and round that bring anything
NOMINAL_SETTLE_US = (
    0.9  # one move of settling on one lane; twice that where jobs outgrow the processor's cache
)
MOST_ROUNDS = 20_000
ROUND_SHARE = 0.01  # of the time limit, for one round of annealing
NOMINAL_MOVE_US = 25.0  # one ruin of about ten jobs on one lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Work to be done.

    Attributes:
        passes: pricing passes over all jobs.
        sample: jobs that stand for all while prices are found; as many as there are jobs when no sample is drawn.
        sample_passes: passes over the sample.
        sample_share: share of the ascent's time after which the sample's is cut.
        first_step: length of the first ascent step in price units.
        warm_step: the same when the prices of an older plan are known.
        sampled_step: the same after prices were found on a sample.
        ascent_share: share of the time limit after which the ascent is cut.
        settles: rounds of settling a plan from soft capacities; 0 inserts all at the dual prices instead.
        settle_moves: moves per lane and round of settling.
        settle_share: share of the time limit after which settling is cut.
        settle_hot: first temperature of settling as a share of what the median job pays at the dual prices.
        settle_cold: last one.
        settle_worth: first walls of settling, as a share of what jobs typically pay for a unit and slot.
        sweeps: shares of the dual prices at which the sweeps compare options.
        rounds: annealing rounds.
        moves: ruins per lane and round.
        hot: first temperature as a share of the mean cost of a job.
        cold: last one.
        last_rounds: rounds that are kept for the end when time runs out early.
    """

    passes: int
    sample: int
    sample_passes: int
    sample_share: float
    first_step: float
    warm_step: float
    sampled_step: float
    ascent_share: float
    settles: int
    settle_moves: int
    settle_share: float
    settle_hot: float
    settle_cold: float
    settle_worth: float
    sweeps: tuple[float, ...]
    rounds: int
    moves: int
    hot: float
    cold: float
    last_rounds: int

    def heat(self, k: int) -> float:
        """Temperature after k rounds, as a share of the mean cost of a job."""
        return float(self.hot * (self.cold / self.hot) ** (k / max(1, self.rounds)))

    def settle_heat(self, passed: float) -> float:
        """Temperature of settling after that share of it, as a share of what the median job pays."""
        return float(self.settle_hot * (self.settle_cold / self.settle_hot) ** passed)


def moves_that_fit(planned: int, moves_per_s: float, round_s: float) -> int:
    """The moves of a next round that may take `round_s`: as planned, or fewer where that would take over twice as long.

    Few long rounds raise walls in leaps, and end twice as far from the bound as many short ones.
    """
    return planned if planned <= 2 * moves_per_s * round_s else max(1, int(moves_per_s * round_s))


def effort_for(
    table: Table,
    time_limit_s: float,
    *,
    passes: int | None,
    rounds: int | None,
    warm: bool,
    displaced: int = 0,
) -> Effort:
    """The work that a time limit is worth for a problem of this size.

    A `warm` search knows the prices of an older plan. It settles only where `displaced` jobs have lost their place:
    then much must move, else little.
    """
    jobs = len(table.penalty)
    options = max(1.0, float(np.count_nonzero(table.fit)) / max(1, jobs) / 25.0)
    pass_s = max(1e-4, jobs * options**OPTIONS_POWER * NOMINAL_PRICE_US * 1e-6)
    large = jobs > LARGE_FROM
    ascent_share = 0.3 if warm else 0.5 if large else 0.4
    affordable = int((ascent_share - 0.05) * time_limit_s / pass_s)
    usual = 40 if warm else 25 if large else 400
    chosen = max(1, min(usual, affordable)) if passes is None else passes
    settles = 0 if (warm and not displaced) or table.supply_resource >= 0 else SETTLES
    settle_us = (2.0 if large else 1.0) * NOMINAL_SETTLE_US
    mends = warm and displaced > 0
    settle_part = 0.55 if mends or large else 0.35
    settle_moves = int(min(settle_part * time_limit_s / (SETTLES * settle_us * 1e-6), SETTLE_MOVES * jobs))
    if rounds is not None:
        settle_moves = 10 * jobs
    moves = int(np.clip(jobs // 2, 200, 200_000))
    if rounds is None:  # no round should outlast the time limit by much
        moves = max(200, min(moves, int(ROUND_SHARE * time_limit_s / (NOMINAL_MOVE_US * 1e-6))))
    settling_s = settles * settle_moves * settle_us * 1e-6
    left_s = max(0.0, 0.85 * time_limit_s - chosen * pass_s - settling_s - 6 * jobs * options * 20e-6)
    affordable = int(left_s / (moves * NOMINAL_MOVE_US * 1e-6))
    return Effort(
        passes=chosen,
        sample=min(jobs, SAMPLE) if large and not warm else jobs,
        sample_passes=SAMPLE_PASSES,
        sample_share=0.7,
        first_step=0.5,
        warm_step=0.015,
        sampled_step=0.003,
        ascent_share=ascent_share,
        settles=settles,
        settle_moves=max(1, settle_moves),
        settle_share=0.9 if large else 0.85 if mends else 0.8,
        settle_hot=0.01 if warm else 0.4,
        settle_cold=0.0005 if warm else 0.01,
        settle_worth=0.5 if warm else 0.1,
        sweeps=(0.5, 0.25),
        rounds=min(max(affordable, 0 if large else LEAST_ROUNDS), MOST_ROUNDS) if rounds is None else rounds,
        moves=moves,
        hot=0.1 if settles == 0 and not warm else 0.02,
        cold=0.005,
        last_rounds=max(1, affordable // 20) if rounds is None else 1,
    )
