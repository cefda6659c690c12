"""What the stories of capacity planning share: the built-in catalogue and the exact answer to a small study."""

from collections.abc import Callable

import pytest

from simulations.expansion import Study
from simulations.expansion.course import courses_of
from simulations.expansion.rates import price_study
from simulations.expansion.solver import Best, build_model, solve_best
from topology import Catalogue, load_catalogue

Solve = Callable[[Study], Best]


@pytest.fixture(scope="session")
def china() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def solve(china: Catalogue) -> Solve:
    def solve_study(study: Study) -> Best:
        courses = courses_of(study)
        model = build_model(study, price_study(study, china), courses, [each.probability for each in courses])
        best = solve_best(model, time_limit_s=20, gap=0.0)
        assert best is not None
        return best

    return solve_study
