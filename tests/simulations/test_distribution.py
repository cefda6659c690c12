"""Fitted figures are drawn as they say."""

import numpy as np
import pytest

from simulations.dice import throw_dice
from simulations.distribution import DayShape, Quantiles, Shares
from simulations.figures import FIGURES
from simulations.fitting import fit_figures


def test_quantiles_pass_through_their_own_levels() -> None:
    law = Quantiles(levels=(0.0, 0.5, 1.0), values=(1.0, 10.0, 1000.0))
    assert [law.at(u) for u in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 10.0, 1000.0])
    assert law.at(0.75) == pytest.approx(100.0), "half-way between 10 and 1000 on a log scale"


def test_shares_take_each_value_as_often_as_it_weighs() -> None:
    law = Shares(values=(1.0, 8.0), weights=(3.0, 1.0))
    drawn = [law.at(u) for u in np.linspace(0.0, 1.0, 1000, endpoint=False)]
    assert drawn.count(8.0) == 250


def test_a_window_sees_only_its_own_hours() -> None:
    shape = DayShape(weights=(0.0,) * 9 + (1.0,) + (0.0,) * 14)
    times, masses = shape.steps(8.5 * 60.0, 120.0)
    assert np.interp([0.25, 0.5], masses, times) == pytest.approx([45.0, 60.0]), (
        "9 o'clock begins after 30 min"
    )


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Quantiles(levels=(0.0, 1.0), values=(2.0, 1.0)),
        lambda: Quantiles(levels=(0.1, 1.0), values=(1.0, 2.0)),
        lambda: Quantiles(levels=(0.0, 1.0), values=(0.0, 2.0)),
        lambda: Shares(values=(), weights=()),
        lambda: Shares(values=(1.0,), weights=(0.0,)),
        lambda: DayShape(weights=(1.0,) * 23),
        lambda: DayShape(weights=(1.0,) + (0.0,) * 23).steps(60.0, 60.0),
    ],
)
def test_a_law_that_is_none_is_refused(broken: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        broken()  # type: ignore[operator]


def test_throws_belong_to_a_name_and_are_uniform() -> None:
    assert throw_dice(7, "job-1") == throw_dice(7, "job-1")
    assert throw_dice(7, "job-1") != throw_dice(8, "job-1")
    throws = np.array([throw_dice(1, f"job-{number}") for number in range(2000)])
    assert throws.min() >= 0.0
    assert throws.max() < 1.0
    assert throws.mean(axis=0) == pytest.approx(np.full(throws.shape[1], 0.5), abs=0.03)


@pytest.mark.needs_shared
def test_the_carried_figures_are_what_the_traces_say(traces: object) -> None:
    fitted = {name: numbers for name, (_, numbers) in fit_figures(traces).items()}  # type: ignore[arg-type]
    assert fitted == {name: figure.numbers for name, figure in FIGURES.items()}
