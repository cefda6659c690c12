"""How much work a time limit is worth: numbers chosen from the problem alone, so that the clock decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.optimizer.table import Table

# Beyond this many jobs the plan hangs on the prices alone: at 100,000 jobs an ascent of 200 passes and one insertion
# ended 3.0 % above the bound in the time in which fewer passes and re-priced batches came to 4.3 %.
PRICES_FIRST_FROM = 30_000
LEAST_ROUNDS = (
    8  # a faster machine than the nominal one has time for them; the clock cuts them on a slower one
)
SAMPLE_FROM = 200_000  # jobs from which prices are first found on a sample
NOMINAL_PRICE_US = 2.0  # pricing one job against one pass, both lanes at work
NOMINAL_MOVE_US = 45.0  # one ruin of about ten jobs on one lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Work to be done.

    Attributes:
        passes: pricing passes over all jobs.
        sample: jobs that stand for all while prices are found; as many as there are jobs when no sample is drawn.
        sample_passes: passes over the sample.
        first_step: length of the first ascent step in price units.
        warm_step: the same when the prices of an older plan are known.
        sampled_step: the same after prices were found on a sample.
        ascent_share: share of the time limit after which the ascent is cut.
        batches: batches of re-priced insertion; 1 inserts all at the dual prices.
        batch_passes: pricing passes over the remaining jobs before a batch.
        repricing_share: share of the time limit after which prices are no longer found anew.
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
    first_step: float
    warm_step: float
    sampled_step: float
    ascent_share: float
    batches: int
    batch_passes: int
    repricing_share: float
    sweeps: tuple[float, ...]
    rounds: int
    moves: int
    hot: float
    cold: float
    last_rounds: int

    def heat(self, k: int) -> float:
        """Temperature after k rounds, as a share of the mean cost of a job."""
        return float(self.hot * (self.cold / self.hot) ** (k / max(1, self.rounds)))


def effort_for(
    table: Table, time_limit_s: float, *, passes: int | None, rounds: int | None, warm: bool
) -> Effort:
    """The work that a time limit is worth for a problem of this size."""
    jobs = len(table.penalty)
    options = max(1.0, float(np.count_nonzero(table.fit)) / max(1, jobs) / 25.0)
    sampled = jobs > SAMPLE_FROM
    pass_s = max(1e-4, jobs * options * NOMINAL_PRICE_US * 1e-6)
    ascent_share = 0.7 if jobs > PRICES_FIRST_FROM else 0.4
    affordable = int((ascent_share - 0.05) * time_limit_s / pass_s)
    usual = 25 if sampled else 40 if warm else 250
    chosen = max(1, min(usual, affordable)) if passes is None else passes
    batches, batch_passes = _batches(0.15 * time_limit_s / pass_s) if rounds is None else (10, 10)
    if warm or table.supply_resource >= 0 or not table.plain.all() or jobs > PRICES_FIRST_FROM:
        batches = 1
    moves = int(np.clip(jobs // 2, 200, 200_000))
    repricing = 0.5 * (batches - 1) * batch_passes
    left_s = max(0.0, 0.85 * time_limit_s - (chosen + repricing) * pass_s - 6 * jobs * options * 20e-6)
    affordable = int(left_s / (moves * NOMINAL_MOVE_US * 1e-6))
    return Effort(
        passes=chosen,
        sample=jobs if not sampled else SAMPLE_FROM // 2,
        sample_passes=150,
        first_step=0.5,
        warm_step=0.05,
        sampled_step=0.01,
        ascent_share=ascent_share,
        batches=batches,
        batch_passes=batch_passes,
        repricing_share=0.6,
        sweeps=(0.5, 0.25),
        rounds=min(max(affordable, LEAST_ROUNDS), 4000) if rounds is None else rounds,
        moves=moves,
        hot=0.02 if warm else 0.1,
        cold=0.005,
        last_rounds=max(1, affordable // 20) if rounds is None else 1,
    )


def _batches(affordable: float) -> tuple[int, int]:
    """(batches, passes before each) that cost this many passes over all jobs; half of the jobs remain on average."""
    for batches, passes in ((40, 30), (30, 25), (30, 15), (20, 12), (12, 10), (8, 6), (5, 4)):
        if 0.5 * (batches - 1) * passes <= affordable:
            return batches, passes
    return 1, 0
