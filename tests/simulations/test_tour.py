"""The tour shows a sound plan that costs no more than any baseline, and says why."""

import io

from rich.console import Console

from simulations.tour import show, show_why, take_tour
from simulations.workload import WorkloadRequest


def test_a_small_day_is_planned_judged_and_explained() -> None:
    tour = take_tour(WorkloadRequest(count=15, seed=4), time_limit_s=1.0)
    assert tour.verdict.is_sound, tour.verdict.faults
    assert all(tour.plan.objective_cny <= other.objective_cny * (1 + 1e-9) for other in tour.others)
    screen = io.StringIO()
    console = Console(file=screen, width=120)
    show(tour, console)
    show_why(tour, console)
    printed = screen.getvalue()
    for promised in (
        "15 jobs",
        "saved by the plan",
        "earliest-finish",
        "Proven:",
        "Judged: sound",
        "The next best",
    ):
        assert promised in printed
