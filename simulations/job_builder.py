"""JobBuilder: makes the scheduler's `Job` of a piece of work and the terms of its service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from scheduler import Demand, Input, Job, Output, Residency, Variant
from simulations.service import FINANCE_TAG, Terms
from topology import Catalogue, City

# The tasks of a gang share one dataset beyond this [GB]: 7 minutes at 10 Gbit/s.
MOST_GB = 500.0


class JobBuilder:
    """Knows what a catalogue can honour: tags and provinces that none of its sites has are not asked for.

    Args:
        catalogue: the sites.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._tags = {tag for site in catalogue.sites for tag in site.tags}
        self._provinces = {site.province for site in catalogue.sites}

    def build(
        self,
        *,
        name: str,
        demand: Demand,
        variants: tuple[Variant, ...],
        tasks: int,
        release: datetime,
        deadline: datetime,
        city: City,
        terms: Terms,
        labels: Mapping[str, str],
    ) -> Job:
        """One job from `city`, with the data of all its tasks.

        Raises:
            JobError: a part breaks a rule of the job's own.
        """
        return Job(
            name=name,
            demand=demand,
            variants=variants,
            tasks=tasks,
            release=release,
            deadline=deadline,
            origin=city.id,
            rtt_ms_max=terms.rtt_ms_max,
            inputs=(Input(at=city.id, size_gb=_all_gb(terms.input_gb, tasks)),) if terms.input_gb else (),
            outputs=(Output(to=city.id, size_gb=_all_gb(terms.output_gb, tasks)),) if terms.output_gb else (),
            residency=self._residency(terms, city),
            priority=terms.priority,
            labels=labels,
        )

    @staticmethod
    def resized(job: Job, tasks: int) -> Job:
        """The same job with another gang and the data of that gang."""
        times = tasks / job.tasks
        return replace(
            job,
            tasks=tasks,
            inputs=tuple(replace(data, size_gb=_all_gb(data.size_gb, times)) for data in job.inputs),
            outputs=tuple(replace(data, size_gb=_all_gb(data.size_gb, times)) for data in job.outputs),
        )

    def _residency(self, terms: Terms, city: City) -> Residency:
        financial = terms.financial and FINANCE_TAG in self._tags
        stays_home = terms.stays_home and city.province in self._provinces
        return Residency(
            provinces=(city.province,) if stays_home else (), tags=(FINANCE_TAG,) if financial else ()
        )


def _all_gb(task_gb: float, tasks: float) -> float:
    """Data of a whole gang [GB]."""
    return round(min(task_gb * tasks, MOST_GB), 2)
