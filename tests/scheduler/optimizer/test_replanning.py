"""Planning again: what was promised holds, what was lost is repaired, and worthy jobs find room first."""

from dataclasses import replace

import numpy as np
import pytest

from scheduler.optimizer import Assignment, Problem, Solution, solve
from tests.scheduler.optimizer.builders import problem_with, random_problem
from tests.scheduler.optimizer.checker import judged
from tests.scheduler.optimizer.enumeration import optimum
from tests.scheduler.optimizer.test_against_enumeration import options_of

EFFORT = {"gap": 0.0, "passes": 20, "rounds": 2}


def without_site(problem: Problem, site: int) -> Problem:
    capacity = problem.capacity.copy()
    capacity[site] = 0.0
    return replace(problem, capacity=capacity)


def crowd(jobs: int, *, sites: int = 4, slots: int = 12) -> Problem:
    """Jobs of unlike size, length and worth on sites that they fill."""
    rng = np.random.default_rng(jobs)
    demand, duration = rng.integers(1, 5, jobs).astype(float), rng.integers(1, 5, jobs)
    room = float((demand * duration).sum()) / 0.85 / sites / slots
    return problem_with(
        jobs=jobs, sites=sites, slots=slots, demand=demand[:, None], duration=duration,
        penalty=demand * duration * rng.uniform(2, 20, jobs),
        base_price=rng.uniform(0.5, 1.5, (sites, 1, slots)), capacity=np.full((sites, 1, slots), np.floor(room)),
    )  # fmt: skip


def test_a_worthy_job_whose_site_is_lost_takes_the_place_of_a_less_worthy_one():
    problem = problem_with(
        jobs=2, sites=2, slots=1, penalty=[90.0, 9.0], base_price=np.array([[[1.0]], [[2.0]]])
    )
    before = solve(problem, **EFFORT)
    assert before.assignment.site.tolist() in ([0, 1], [1, 0])
    lost = int(before.assignment.site[0])

    after = solve(without_site(problem, lost), warm_start=before, gap=0.0, passes=20, rounds=0)

    assert after.assignment.placed.tolist() == [True, False]


def test_what_runs_is_not_put_out_by_a_worthier_job():
    problem = problem_with(jobs=2, sites=2, slots=1, penalty=[90.0, 9.0])
    before = solve(problem, **EFFORT)
    lost = int(before.assignment.site[0])

    after = solve(without_site(problem, lost), warm_start=before, frozen=np.array([False, True]), **EFFORT)

    assert after.assignment.placed.tolist() == [False, True]


@pytest.fixture(scope="module")
def planned() -> tuple[Problem, Solution]:
    problem = crowd(200)
    return problem, solve(problem, **EFFORT)


def test_a_repair_of_few_passes_comes_near_a_cold_plan(planned):
    problem, before = planned
    lost = without_site(problem, 0)

    repaired = solve(lost, warm_start=before, **EFFORT)
    cold = solve(lost, gap=0.0, passes=100, rounds=10)

    assert judged(lost, options_of(repaired.assignment)) == pytest.approx(repaired.objective)
    assert repaired.bound <= repaired.objective <= 1.03 * cold.objective


def test_a_repair_settles_and_is_never_worse_than_what_insertion_left(planned):
    problem, before = planned

    repaired = solve(without_site(problem, 1), warm_start=before, **EFFORT)

    objectives = {phase: objective for phase, _, objective, _ in repaired.milestones}
    assert "settle" in objectives
    assert objectives["settle"] <= objectives["insert"]


def test_where_nothing_was_lost_nothing_is_settled(planned):
    problem, before = planned

    again = solve(problem, warm_start=before, **EFFORT)

    assert "settle" not in {phase for phase, *_ in again.milestones}
    assert again.objective <= before.objective + 1e-9


def test_the_same_repair_twice_is_the_same_to_the_bit(planned):
    problem, before = planned
    one, two = (solve(without_site(problem, 2), warm_start=before, seed=3, **EFFORT) for _ in range(2))

    assert one.objective == two.objective
    assert one.bound == two.bound
    assert same_choices(one.assignment, two.assignment)


def same_choices(one: Assignment, two: Assignment) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(two, name)) for name in ("row", "site", "start", "end")
    )


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_lost_the_repaired_plan_keeps_every_rule_and_what_runs_stays(seed):
    problem = random_problem(seed)
    before = solve(problem, **EFFORT).assignment
    site = seed % problem.sites
    lost = without_site(problem, site)
    runs = [before.runs_of(job) for job in range(problem.jobs)]
    frozen = np.array([bool(run) and site not in {at for at, *_ in run} for run in runs])
    frozen[1::2] = False

    repaired = solve(lost, warm_start=solve(problem, **EFFORT), frozen=frozen, **EFFORT)

    assert judged(lost, options_of(repaired.assignment)) == pytest.approx(repaired.objective)
    assert repaired.bound <= optimum(lost) + 1e-9
    assert [repaired.assignment.runs_of(job) for job in np.flatnonzero(frozen)] == [
        runs[job] for job in np.flatnonzero(frozen)
    ]
