"""The parts of a waterfall sum to the difference to the last bit, whoever adds them up."""

import json
import math
import random

from hypothesis import given
from hypothesis import strategies as st

from simulations.compare import Stage, Waterfall

MONEY = st.floats(min_value=-1e8, max_value=1e8)


@given(st.lists(st.tuples(MONEY, MONEY), min_size=2, max_size=12), st.randoms())
def test_parts_sum_to_the_difference_in_any_order(
    totals: list[tuple[float, float]], chance: random.Random
) -> None:
    fall = Waterfall.over(Stage(cause=str(n), cny=cny, kg=kg) for n, (cny, kg) in enumerate(totals))
    parts = list(json.loads(json.dumps([(part.cny, part.kg) for part in fall.parts])))
    chance.shuffle(parts)
    assert sum(part[0] for part in parts) == fall.difference_cny
    assert sum(part[1] for part in parts) == fall.difference_kg


@given(st.lists(MONEY, min_size=2, max_size=8))
def test_the_printed_cents_sum_too(totals: list[float]) -> None:
    fall = Waterfall.over(Stage(cause=str(n), cny=cny, kg=0.0) for n, cny in enumerate(totals))
    assert sum(part[1] for part in fall.cents()) == round(fall.end.cny * 100) - round(fall.begin.cny * 100)


def test_nothing_is_lost_on_the_grid() -> None:
    fall = Waterfall.over([Stage(cause="", cny=0.1, kg=0), Stage(cause="a", cny=1e6 / 3, kg=1)])
    assert math.isclose(fall.difference_cny, 1e6 / 3 - 0.1, abs_tol=1e-6)
