"""Course: what one future brings, spelt out quarter by quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulations.expansion.study import Future, Study

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Course:
    """Demand and delays of one future.

    Attributes:
        name: of the future.
        probability: its own [fraction].
        pflops: mean rate of work by class and quarter [PFLOPS], shape [D, Q].
        delay_quarters: of everything at a site, by site.
    """

    name: str
    probability: float
    pflops: Floats
    delay_quarters: Mapping[str, int]


def courses_of(study: Study) -> tuple[Course, ...]:
    """The course of each future of a study, in its order."""
    return tuple(
        Course(
            name=future.name,
            probability=future.probability,
            pflops=_growing(study, future),
            delay_quarters=dict(future.delay_quarters),
        )
        for future in study.futures
    )


def mean_course(courses: Sequence[Course]) -> Course:
    """One course of the mean demand and the mean delay, rounded to quarters."""
    sites = {site for course in courses for site in course.delay_quarters}
    return Course(
        name="mean",
        probability=1.0,
        pflops=np.asarray(sum(course.probability * course.pflops for course in courses)),
        delay_quarters={
            site: round(sum(each.probability * each.delay_quarters.get(site, 0) for each in courses))
            for site in sorted(sites)
        },
    )


def _growing(study: Study, future: Future) -> Floats:
    years = np.arange(len(study.quarters)) / 4
    return np.array(
        [
            each.pflops
            * (1 + each.growth_per_year * future.growth_times_of.get(each.name, future.growth_times)) ** years
            for each in study.demand
        ]
    )
