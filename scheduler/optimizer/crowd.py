"""Crowds: which choice rows can hold one site together in one slot, all resources at once, as cuts of the exact model.

A capacity row speaks of one resource, and its relaxation lets in halves of jobs. Of the rows that a relaxed plan puts
into one cell (site, slot), the sets that truly fit together are few and can be listed. Where the plan is no mixture
of them, a linear programme over the sets finds weights under which it is heavier than any of them. Lifted over all
other rows, "the weight of what holds the cell <= the weight of the heaviest set that fits" cuts the relaxed plan off
and no true one, in every slot of the site with no more room. (Local cuts: Applegate, Bixby, Chvatal and Cook, 2001;
Kaparis and Letchford, 2010, for knapsacks.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from ortools.math_opt.python import mathopt

from scheduler.optimizer.exact_columns import Columns
from scheduler.optimizer.exact_model import TimeIndexed
from scheduler.optimizer.problem import Bools, Floats, Ints, Problem

MOST_HOLDERS = 16  # rows in one cell whose sets are listed
MOST_SETS = 30_000  # sets that are listed at most
MOST_ROUNDS = 40
VIOLATED = 1e-3  # a cut that is broken by less brings nothing
SLACK = 1e-6  # relative room more than there is, so that no set that fits is ever missed
MOST_TIMES = 61  # corners of such programmes are fractions of small numbers
NONE = 1e-9  # weights and shares below are rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """weight of the rows that hold the site <= most, in every slot with no more than `room` [R].

    Attributes:
        room: units.
        weight: [C] of every choice row.
        most: weight of the heaviest set of rows that fits.
    """

    room: Floats
    weight: Floats
    most: float


@dataclass(slots=True, kw_only=True, eq=False)
class Crowd:
    """What columns do at one site.

    Attributes:
        columns: [N] columns of the site.
        row: [N] their choice rows.
        start: [N] first slots.
        end: [N] exclusive ends.
        room: [R, T] units of the site.
        cuts: found so far.
    """

    columns: Ints
    row: Ints
    start: Ints
    end: Ints
    room: Floats
    cuts: list[Cut] = field(default_factory=list)

    def held(self, rows: int, share: Floats) -> Floats:
        """Return [C, T]: how much of every choice row holds the site, for the share [N] of every column."""
        change = np.zeros((rows, self.room.shape[1] + 1))
        np.add.at(change, (self.row, self.start), share)
        np.add.at(change, (self.row, self.end), -share)
        return np.asarray(np.cumsum(change, axis=1)[:, :-1])


def tighten(
    built: TimeIndexed, problem: Problem, columns: Columns, room: Floats, stop: Callable[[], bool]
) -> int:
    """Add cuts to a model until its relaxation breaks none that is found; returns how many.

    Args:
        built: the model; its columns are binary before and after.
        problem: the instance.
        columns: of the model.
        room: [S, R, T] units that the columns may hold.
        stop: asked between rounds.
    """
    crowds = [_crowd_of(problem, columns, room, site) for site in range(problem.sites)]
    added = 0
    for x in built.run:
        x.integer = False
    solver = mathopt.IncrementalSolver(built.model, mathopt.SolverType.GLOP)
    for _ in range(MOST_ROUNDS):
        result = solver.solve()
        if result.termination.reason != mathopt.TerminationReason.OPTIMAL or stop():
            break
        share = np.array(result.variable_values(built.run))
        before = added
        for crowd in crowds:
            for cut, slot in broken_cuts(crowd, problem.demand, share[crowd.columns]):
                busy = (crowd.start <= slot) & (slot < crowd.end) & (cut.weight[crowd.row] > 0)
                terms = zip(cut.weight[crowd.row[busy]].tolist(), crowd.columns[busy].tolist(), strict=True)
                total = mathopt.fast_sum([weight * built.run[n] for weight, n in terms])
                built.model.add_linear_constraint(total <= cut.most, name=f"within_crowd_{added}")
                added += 1
        if added == before:
            break
    for x in built.run:
        x.integer = True
    return added


def _crowd_of(problem: Problem, columns: Columns, room: Floats, site: int) -> Crowd:
    here = np.flatnonzero(columns.site == site)
    row, start = columns.row[here], columns.start[here]
    return Crowd(columns=here, row=row, start=start, end=start + problem.duration[row], room=room[site])


def broken_cuts(crowd: Crowd, demand: Floats, share: Floats) -> Iterator[tuple[Cut, int]]:
    """Yield (cut, slot) where the shares [N] of the columns of a site break one; new cuts are kept."""
    held = crowd.held(len(demand), share)
    possible = crowd.held(len(demand), np.ones(len(share))) > 0.5
    for slot in range(held.shape[1]):
        some = np.flatnonzero(held[:, slot] > SLACK)
        if len(some) < 2 or (held[some, slot] > 1 - SLACK).all():
            continue
        cut = _most_broken(crowd, held[:, slot], crowd.room[:, slot])
        if cut is None and len(some) <= MOST_HOLDERS:
            others = np.setdiff1d(np.flatnonzero(possible[:, slot]), some)
            others = others[np.argsort(-held[others, slot], kind="stable")]
            cut = find_cut(demand, crowd.room[:, slot], some, held[some, slot], others)
            if cut is not None:
                crowd.cuts.append(cut)
        if cut is not None:
            yield cut, slot


def _most_broken(crowd: Crowd, held: Floats, room: Floats) -> Cut | None:
    """Return the known cut that a cell breaks most, or None."""
    best, found = VIOLATED, None
    for cut in crowd.cuts:
        over = float(cut.weight @ held) / cut.most - 1
        if over > best and (room <= cut.room).all():
            best, found = over, cut
    return found


def find_cut(demand: Floats, room: Floats, some: Ints, held: Floats, others: Ints) -> Cut | None:
    """Return a cut that the shares `held` of the rows `some` break in a cell of this room, or None.

    Args:
        demand: [C, R] units.
        room: [R] units of the cell.
        some: [N] rows that hold the cell in part or whole.
        held: [N] how much of each.
        others: rows that could hold it, in the order in which they are lifted.
    """
    sets = _largest_sets(demand[some], room)
    if sets is None:
        return None
    weight = _heavier_weights(sets, held)
    if weight is None:
        return None
    weight = _in_whole_numbers(weight)
    cut = _lifted(demand, room, some[weight > 0], weight[weight > 0], others)
    return cut if float(cut.weight[some] @ held) > cut.most * (1 + VIOLATED) else None


def _fits(units: Floats, room: Floats) -> Bools:
    return np.asarray((units <= room * (1 + SLACK) + SLACK).all(axis=-1))


def _largest_sets(demand: Floats, room: Floats) -> Bools | None:
    """Return [M, N]: the sets of rows that fit together and to which none can be added; None where they are many."""
    units, member = np.zeros((1, demand.shape[1])), np.zeros((1, len(demand)), dtype=np.bool_)
    for n, need in enumerate(demand):
        fits = _fits(units + need, room)
        with_it = member[fits]
        with_it[:, n] = True
        units, member = np.concatenate([units, units[fits] + need]), np.concatenate([member, with_it])
        if len(member) > MOST_SETS:
            return None
    can_grow = np.zeros(len(member), dtype=np.bool_)
    for n, need in enumerate(demand):
        can_grow |= ~member[:, n] & _fits(units + need, room)
    return member[~can_grow]


def _heavier_weights(sets: Bools, held: Floats) -> Floats | None:
    """Return [N] weights at which no set weighs more than 1 and the shares weigh most; None where that is no more."""
    model = mathopt.Model()
    weight = [model.add_variable(lb=0.0, ub=1.0) for _ in held]
    for members in sets:
        model.add_linear_constraint(mathopt.fast_sum([weight[n] for n in np.flatnonzero(members)]) <= 1.0)
    model.maximize(mathopt.fast_sum([float(h) * w for h, w in zip(held, weight, strict=True)]))
    result = mathopt.solve(model, mathopt.SolverType.GLOP)
    if (
        result.termination.reason != mathopt.TerminationReason.OPTIMAL
        or result.objective_value() < 1 + VIOLATED
    ):
        return None
    return np.array(result.variable_values(weight))


def _in_whole_numbers(weight: Floats) -> Floats:
    """Return the weights times the least number that makes them whole, where one does: solvers like whole rows."""
    for times in range(1, MOST_TIMES):
        whole = np.rint(weight * times)
        if np.abs(weight * times - whole).max() < SLACK * times:
            return np.asarray(whole)
    return np.where(weight < NONE, 0.0, weight)


def _lifted(demand: Floats, room: Floats, rows: Ints, weight: Floats, others: Ints) -> Cut:
    """Return the cut of these weights, with the largest weights that other rows may have in turn.

    What the heaviest set weighs is counted here anew, so that the rounding of the linear programme cannot cut off
    a plan.
    """
    units, heavy = np.zeros((1, demand.shape[1])), np.zeros(1)
    for c, w in zip(rows, weight, strict=True):
        fits = _fits(units + demand[c], room)
        units, heavy = (
            np.concatenate([units, units[fits] + demand[c]]),
            np.concatenate([heavy, heavy[fits] + w]),
        )
    most = float(heavy.max())
    every = np.zeros(len(demand))
    every[rows] = weight
    for c in others.tolist():
        fits = _fits(units + demand[c], room)
        if len(heavy) > MOST_SETS or not fits.any():
            continue
        more = most - float(heavy[fits].max())
        if more > NONE:
            every[c] = more
            units, heavy = (
                np.concatenate([units, units[fits] + demand[c]]),
                np.concatenate([heavy, heavy[fits] + more]),
            )
    return Cut(room=room.copy(), weight=every, most=most)
