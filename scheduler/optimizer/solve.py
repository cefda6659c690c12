"""The whole search: ascend, insert, improve, prove; the best plan and bound so far are there whenever it stops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scheduler.optimizer.anneal import Annealer
from scheduler.optimizer.ascent import Ascent, Pricer, ascend, progress_of
from scheduler.optimizer.assignment import Assignment, copy_of
from scheduler.optimizer.attainable import with_attainable
from scheduler.optimizer.choice import choice_of
from scheduler.optimizer.classes import classes_of, tell_all
from scheduler.optimizer.keep import keep_choices
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.prices import Prices, zero_prices
from scheduler.optimizer.problem import Bools, Problem
from scheduler.optimizer.repair import keep_feasible
from scheduler.optimizer.room import empty_room
from scheduler.optimizer.rounding import MOST_STEPS, folded, rounded_of, widened
from scheduler.optimizer.sample import ascend_by_sample
from scheduler.optimizer.schedule import Effort, effort_for, moves_that_fit
from scheduler.optimizer.search import Search
from scheduler.optimizer.settle import RISE, Settler
from scheduler.optimizer.solution import Progress, Solution, relative_gap
from scheduler.optimizer.stopwatch import Pace, Stopwatch
from scheduler.optimizer.table import Table, table_of

EXACT_PAIRS = 200_000  # (row, site, slot) triples up to which exact models are tried

Watcher = Callable[[Progress], None]


def solve(
    problem: Problem,
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-4,
    warm_start: Solution | Assignment | None = None,
    frozen: Bools | None = None,
    seed: int = 0,
    progress: Watcher | None = None,
    cancelled: Callable[[], bool] | None = None,
    passes: int | None = None,
    rounds: int | None = None,
) -> Solution:
    """Find a plan and prove how good it is.

    The same problem, warm start, seed, passes and rounds give the same plan to the bit; the time limit only cuts the
    search short. By default passes and rounds are chosen from the size of the problem and the time limit.

    Args:
        problem: the instance.
        time_limit_s: stop by then with the best so far [s].
        gap: stop as soon as the relative gap is proven to be at most this.
        warm_start: a plan to begin from (its prices too, when it is a Solution). Choices that no longer fit are dropped
            and decided anew.
        frozen: [J] jobs whose choice in the warm start must not change.
        seed: of the random moves.
        progress: called with news.
        cancelled: asked often; true stops the search.
        passes: pricing passes of the dual ascent.
        rounds: rounds of improvement; given, exact models are left out, because a solver cut short is not repeatable.

    Returns:
        The best plan and bound found.

    Raises:
        ProblemError: when the warm start does not belong to the problem.
    """
    watch = Stopwatch(time_limit_s, cancelled=cancelled)
    if problem.slots == 1 and warm_start is None and passes is None and rounds is None:
        answer = _assign(problem, watch, gap, seed)
        if answer is not None:
            return answer
    with Lanes() as lanes:
        run = _Run(problem, lanes, watch, gap, seed, progress)
        run.begin(warm_start, frozen)
        prices = warm_start.prices if isinstance(warm_start, Solution) else None
        effort = effort_for(
            run.table,
            time_limit_s,
            passes=passes,
            rounds=rounds,
            warm=prices is not None,
            displaced=run.displaced,
        )
        run.ascend(effort, prices)
        run.insert(effort)
        if rounds is None and run.is_small():
            run.improve(effort, 0.1)
            run.prove()
            run.decide_rivals(effort)
        run.improve(effort, 1.0)
        return run.answer()


def _assign(problem: Problem, watch: Stopwatch, gap: float, seed: int) -> Solution | None:
    """Solve a generalised assignment by the search made for it; None when the problem is another."""
    from scheduler.optimizer.gap import solve_gap  # noqa: PLC0415  (loads solvers that few problems need)

    found = solve_gap(problem, watch=watch, gap=gap, seed=seed)
    if found is None:
        return None
    prices = zero_prices(table_of(problem))
    prices.site[:, found.resource, 0] = found.site_price
    done = relative_gap(found.objective, found.bound) <= gap
    return Solution(
        assignment=found.assignment, objective=found.objective, bound=min(found.bound, found.objective),
        prices=prices, status="optimal" if done else "time_limit", seconds=watch.seconds,
        milestones=(("assign", watch.seconds, found.objective, found.bound),),
    )  # fmt: skip


class _Run:
    """One solve: what is known so far and when to stop."""

    def __init__(
        self,
        problem: Problem,
        lanes: Lanes,
        watch: Stopwatch,
        gap: float,
        seed: int,
        progress: Watcher | None,
    ) -> None:
        self.problem, self.lanes, self.watch, self.gap, self.seed = problem, lanes, watch, gap, seed
        self.table: Table = with_attainable(table_of(problem))
        self.tell = progress or (lambda _news: None)
        self.search = Search(problem, self.table, lanes)
        self.rise = Ascent(
            bound=-np.inf, prices=Prices.nothing(), value=self.table.penalty.copy(), choice=self.search.choice
        )
        self.objective = self.search.objective()
        self.best = copy_of(self.search.assignment)
        self.cut = False
        self.warm, self.displaced = False, 0
        self.milestones: list[tuple[str, float, float, float]] = []

    def news(self, phase: str, step: int, steps: int) -> None:
        """Report progress."""
        self.tell(Progress(
            phase=phase, step=step, steps=steps, seconds=self.watch.seconds, objective=self.objective,
            bound=self.rise.bound,
        ))  # fmt: skip

    def reach(self, phase: str) -> None:
        """Note a milestone."""
        self.milestones.append((phase, self.watch.seconds, self.objective, self.rise.bound))
        self.news(phase, 1, 1)

    def done(self) -> bool:
        """Whether the wanted gap is proven."""
        return relative_gap(self.objective, self.rise.bound) <= self.gap

    def stop_at(self, share: float) -> bool:
        """Whether that share of the time has gone; remembers that time cut the search."""
        self.cut = self.cut or self.watch.past(share)
        return self.cut

    def keep(self) -> None:
        """Keep the plan in the search if it is the best so far."""
        objective = self.search.objective()
        if objective < self.objective:
            self.objective = objective
            self.best = copy_of(self.search.assignment)

    def begin(self, warm_start: Solution | Assignment | None, frozen: Bools | None) -> None:
        """Take over what still fits of a warm start."""
        if warm_start is None:
            return
        start = warm_start.assignment if isinstance(warm_start, Solution) else warm_start
        kept = keep_feasible(self.problem, self.table, start, frozen)
        self.search = Search(self.problem, self.table, self.lanes, start=kept)
        if frozen is not None:
            self.search.movable &= ~frozen
        self.warm, self.displaced = True, int(np.count_nonzero(start.placed & ~kept.placed))
        self.keep()

    def ascend(self, effort: Effort, prices: Prices | None) -> None:
        """Raise the bound."""

        # Exact models know themselves that jobs are whole, and want prices of the resources as they are.
        rounded = rounded_of(self.table, most=0 if self.is_small() else MOST_STEPS)
        prices = widened(prices, rounded) if prices is not None else None
        classes = classes_of(rounded.table)
        pricer = Pricer(self.problem, rounded.table, self.lanes, jobs=classes.first, weight=classes.size)
        if effort.sample < self.problem.jobs:
            prices = ascend_by_sample(self.problem, rounded.table, self.lanes, effort, prices, self.watch)
            first = effort.sampled_step
        else:
            first = effort.first_step if prices is None else effort.warm_step
        began, pace = self.watch.share, Pace(self.watch, effort.ascent_share)

        def step(k: int, bound: float) -> bool:
            self.rise.bound = max(self.rise.bound, bound)
            self.news("ascend", k + 1, effort.passes)
            return not pace.goes_on()

        def spent() -> float:
            return (self.watch.share - began) / max(1e-9, effort.ascent_share - began)

        self.rise = ascend(pricer, prices=prices, passes=effort.passes, step=first, watch=step, spent=spent)
        tell_all(self.table, classes, self.rise.value, self.rise.choice)
        self.rise.prices = folded(self.rise.prices, rounded)
        self.reach("ascend")

    def insert(self, effort: Effort) -> None:
        """Settle a plan from soft capacities, or insert at one price and sweep; beside an old plan, insert first."""
        if self.warm or not effort.settles:
            order = np.argsort(self.rise.value - self.table.penalty, kind="stable")
            self.search.insert(order, self.rise.prices)
            self.keep()
            self.reach("insert")
        if effort.settles:
            if not self.done():
                self.settle(effort)
        else:
            self.sweep(effort)

    def sweep(self, effort: Effort) -> None:
        """Put every job back where it is cheapest now, at falling shares of the dual prices."""
        search, prices = self.search, self.rise.prices
        order = np.argsort(self.rise.value - self.table.penalty, kind="stable")
        chance = np.random.default_rng(self.seed & 0xFFFFFFFF)
        for share in effort.sweeps:
            if self.done() or self.stop_at(0.95):
                return
            search.sweep(
                chance.permutation(self.problem.jobs), prices.scaled(share), lambda: self.watch.past(0.9)
            )
            search.insert(order, prices.scaled(0.0))
            self.keep()
        self.reach("sweep")

    def settle(self, effort: Effort) -> None:
        """Settle plain jobs around compound ones, leave out what does not fit, insert it elsewhere."""
        search, rise, table = self.search, self.rise, self.table
        order = np.argsort(rise.value - table.penalty, kind="stable")
        search.insert(order[table.plain[order] == 0], rise.prices)
        settler = Settler(
            search, rise.prices, rise.value, rise.choice, seed=self.seed, worth=effort.settle_worth
        )
        scale = max(float(np.median(rise.value)), 1e-9) if len(rise.value) else 1.0
        began, k, passed = self.watch.share, 0, 0.0
        pace, moves = Pace(self.watch, effort.settle_share), effort.settle_moves
        while k < effort.settles and pace.goes_on():
            spent = (self.watch.share - began) / max(1e-9, effort.settle_share - began)
            before, passed = passed, max(passed, progress_of(k / effort.settles, spent))
            heat = scale * effort.settle_heat(passed)
            # Where the clock is ahead of the rounds, walls rise by the clock, as the heat falls by it.
            rise_by = RISE ** min(6.0, max(1.0, effort.settles * (passed - before)))
            began_s = self.watch.seconds
            settler.run(moves, heat, heat, rise_by)
            k += 1
            left_s = effort.settle_share * self.watch.limit_s - self.watch.seconds
            took_s = self.watch.seconds - began_s
            moves = moves_that_fit(
                effort.settle_moves, moves / max(took_s, 1e-9), left_s / max(1, effort.settles - k)
            )
            self.news("settle", k, effort.settles)
        lost = settler.mend()
        rest = np.argsort(-table.penalty, kind="stable")
        for order, share in ((lost, 1.0), (rest, 0.5), (rest, 0.0)):
            search.insert(order, rise.prices.scaled(share), lambda: self.watch.past(0.97))
        self.keep()
        if self.warm and search.objective() > self.objective:
            self.search = Search(self.problem, table, self.lanes, start=self.best, movable=search.movable)
        self.reach("settle" if self.warm else "insert")

    def is_small(self) -> bool:
        """Whether exact models, which know plain runs at plain prices, may prove this plan optimal."""
        if (
            not (self.table.plain.all() and self.search.movable.all())
            or self.table.supply_resource >= 0
            or len(self.table.rows) == 0
        ):
            return False
        return int(np.count_nonzero(self.table.fit)) * self.problem.slots <= EXACT_PAIRS

    def prove(self) -> None:
        """Let exact models close what gap is left."""
        if self.done() or self.watch.past(0.95):
            return
        from scheduler.optimizer.exact import prove  # noqa: PLC0415  (costs a second, and only small plans need it)

        proof = prove(
            self.problem,
            self.best,
            self.rise.bound,
            self.rise.prices,
            watch=self.watch,
            gap=self.gap,
            seed=self.seed,
        )
        self.rise.bound = max(self.rise.bound, proof.bound)
        if proof.objective < self.objective:
            self.objective, self.best = proof.objective, proof.assignment
            self.search = Search(
                self.problem, self.table, self.lanes, start=self.best, movable=self.search.movable
            )
        self.reach("prove")

    def decide_rivals(self, effort: Effort) -> None:
        """Where the whole is too large for exact models, decide by them what the rest has no part in."""
        if self.done() or self.watch.past(0.6):
            return
        from scheduler.optimizer.rival_proof import decide_rivals  # noqa: PLC0415  (as above)

        decided = decide_rivals(
            self.problem,
            self.best,
            self.rise.prices,
            watch=self.watch,
            until=0.7,
            gap=self.gap,
            seed=self.seed,
        )
        if not decided.rivals.any():
            return
        self.rise.bound = max(self.rise.bound, decided.bound)
        movable = self.search.movable
        plan = copy_of(decided.assignment)
        order = np.lexsort((-self.table.penalty, ~decided.rivals))
        keep_choices(self.table, empty_room(self.table), choice_of(plan), order)
        self.search = Search(
            self.problem, self.table, self.lanes, start=plan, movable=movable & ~decided.rivals
        )
        order = np.argsort(self.rise.value - self.table.penalty, kind="stable")
        self.search.insert(order, self.rise.prices)
        self.search.insert(order, self.rise.prices.scaled(0.0))
        self.keep()
        self.reach("rivals")
        self.improve(effort, 0.8)
        self.search.movable = movable
        if self.search.objective() > self.objective:
            self.search = Search(self.problem, self.table, self.lanes, start=self.best, movable=movable)

    def improve(self, effort: Effort, until: float) -> None:
        """Anneal until the rounds, or that share of the time, are used up, or the gap is small enough."""
        if self.problem.jobs == 0 or effort.rounds == 0 or self.done() or self.stop_at(0.95):
            return
        scale = max(abs(self.objective), 1e-9) / self.problem.jobs
        annealer = Annealer(self.search, self.rise.prices, self.rise.value, seed=self.seed)
        chance = np.random.default_rng([self.seed & 0xFFFFFFFF, 1])
        compound = np.flatnonzero((self.table.plain == 0) & self.search.movable)
        k, end = (0, effort.rounds) if until == 1.0 else (0, int(until * effort.rounds))
        pace = Pace(self.watch, until)
        while k < end and not self.done() and pace.goes_on():
            if k < end - effort.last_rounds and self.watch.past(0.9 * until):
                k = end - effort.last_rounds
                self.cut = self.cut or until == 1.0  # what is cut before the proof goes on after it
            annealer.run(effort.moves, scale * effort.heat(k), scale * effort.heat(k + 1))
            if len(compound):
                self.search.sweep(chance.permutation(compound), self.rise.prices.scaled(0.5))
            k += 1
            self.keep()
            self.news("improve", k, effort.rounds)
        self.reach("improve")

    def answer(self) -> Solution:
        """The best plan and its proof."""
        status = "optimal" if self.done() else "time_limit" if self.cut else "feasible"
        return Solution(
            assignment=self.best, objective=self.objective, bound=min(self.rise.bound, self.objective),
            prices=self.rise.prices, status=status, seconds=self.watch.seconds, milestones=tuple(self.milestones),
        )  # fmt: skip
