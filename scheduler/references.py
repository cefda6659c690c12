"""Whether the places and machines that jobs name exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scheduler.errors import ReferenceFault, nearest_names
from scheduler.job import Job
from topology import Catalogue

_Named = tuple[str, str, str]  # field, kind, value


class References:
    """The names that jobs may use.

    Args:
        catalogue: whose.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._places = frozenset(catalogue.places)
        self._machines = frozenset(model.id for model in catalogue.accelerators)
        self._valid = {
            "site or city": self._places,
            "province": frozenset(site.province for site in catalogue.sites)
            | frozenset(city.province for city in catalogue.cities),
            "hub": frozenset(site.hub for site in catalogue.sites if site.hub),
            "accelerator": self._machines,
        }

    def check(self, jobs: Iterable[Job]) -> None:
        """Check that every place, province, hub and accelerator a job names is in the catalogue.

        A tag that no site carries is no fault: the job is then rejected with counted reasons.

        Raises:
            ReferenceFault: the first that is not; it names job, field, value and the nearest valid names.
        """
        for job in jobs:
            if self._knows_all(job):
                continue
            for field, kind, value in _named(job):
                if value not in self._valid[kind]:
                    nearest = nearest_names(value, self._valid[kind])
                    raise ReferenceFault(job=job.name, field=field, value=value, kind=kind, nearest=nearest)

    def _knows_all(self, job: Job) -> bool:
        """Whether a job without residency names only what there is; most jobs are such."""
        if job.residency.provinces or job.residency.hubs:
            return False
        for variant in job.variants:
            if variant.accelerator is not None and variant.accelerator not in self._machines:
                return False
        if job.origin is not None and job.origin not in self._places:
            return False
        places = [source.at for source in job.inputs] + [target.to for target in job.outputs]
        return self._places.issuperset(places)


def check_references(jobs: Iterable[Job], catalogue: Catalogue) -> None:
    """Check jobs against a catalogue once.

    Raises:
        ReferenceFault: the first name that is not in it.
    """
    References(catalogue).check(jobs)


def _named(job: Job) -> Iterator[_Named]:
    if job.origin is not None:
        yield "origin", "site or city", job.origin
    for position, source in enumerate(job.inputs):
        yield f"inputs[{position}].at", "site or city", source.at
    for position, target in enumerate(job.outputs):
        yield f"outputs[{position}].to", "site or city", target.to
    for position, variant in enumerate(job.variants):
        if variant.accelerator is not None:
            yield f"variants[{position}].accelerator", "accelerator", variant.accelerator
    for position, province in enumerate(job.residency.provinces):
        yield f"residency.provinces[{position}]", "province", province
    for position, hub in enumerate(job.residency.hubs):
        yield f"residency.hubs[{position}]", "hub", hub
