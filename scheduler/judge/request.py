"""A job as the judge reads it: its own reading of the document, with nothing taken from the planner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduler.judge.fault import UnreadableError
from scheduler.judge.field import (
    Document,
    read_instant,
    read_integer,
    read_number,
    read_section,
    read_sections,
    read_text,
    read_texts,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One variant: `count` accelerators per task (none when `accelerator` is empty) for `runtime_minutes`."""

    accelerator: str
    count: float
    runtime_minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Haul:
    """A dataset: the place where it is or must go, and its size [GB]."""

    place: str
    size_gb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one job asks for, per task where demand is concerned. None means no such limit."""

    name: str
    tenant: str
    cpu_cores: float
    memory_gib: float
    ways: tuple[Way, ...]
    tasks: int
    release: datetime | None
    deadline: datetime | None
    origin: str
    rtt_ms_max: float | None
    inputs: tuple[Haul, ...]
    outputs: tuple[Haul, ...]
    provinces: frozenset[str]
    hubs: frozenset[str]
    tags: frozenset[str]
    min_run_minutes: float | None
    restart_minutes: float
    checkpoint_gb: float
    spread: str
    priority: int
    value_cny: float | None
    budget_cny: float | None
    carbon_kg_max: float | None


def read_requests(documents: Sequence[Document]) -> tuple[Request, ...]:
    """Return the jobs in their order.

    Raises:
        UnreadableError: a document is not a job.
    """
    return tuple(_read_request(document, f"jobs[{number}]") for number, document in enumerate(documents))


def _read_request(document: Document, where: str) -> Request:
    demand, residency = read_section(document, "demand", where), read_section(document, "residency", where)
    pause = document.get("interruptible")
    pauses = read_section(document, "interruptible", where)
    return Request(
        name=read_text(document, "name", where),
        tenant=read_text(document, "tenant", where, ""),
        cpu_cores=read_number(demand, "cpu_cores", f"{where}.demand", 0.0),
        memory_gib=read_number(demand, "memory_gib", f"{where}.demand", 0.0),
        ways=_read_ways(document, where),
        tasks=read_integer(document, "tasks", where, 1),
        release=_read_optional_instant(document, "release", where),
        deadline=_read_optional_instant(document, "deadline", where),
        origin=read_text(document, "origin", where, ""),
        rtt_ms_max=_read_limit(document, "rtt_ms_max", where),
        inputs=_read_hauls(document, "inputs", "at", where),
        outputs=_read_hauls(document, "outputs", "to", where),
        provinces=frozenset(read_texts(residency, "provinces", f"{where}.residency")),
        hubs=frozenset(read_texts(residency, "hubs", f"{where}.residency")),
        tags=frozenset(read_texts(residency, "tags", f"{where}.residency")),
        min_run_minutes=read_number(pauses, "min_run_minutes", where, 0.0) if pause is not None else None,
        restart_minutes=read_number(pauses, "restart_minutes", where, 0.0),
        checkpoint_gb=read_number(pauses, "checkpoint_gb", where, 0.0),
        spread=read_text(document, "spread", where, ""),
        priority=read_integer(document, "priority", where, 0),
        value_cny=_read_limit(document, "value_cny", where),
        budget_cny=_read_limit(document, "budget_cny", where),
        carbon_kg_max=_read_limit(document, "carbon_kg_max", where),
    )


def _read_ways(document: Document, where: str) -> tuple[Way, ...]:
    ways = []
    for number, variant in enumerate(read_sections(document, "variants", where)):
        here = f"{where}.variants[{number}]"
        accelerator = read_text(variant, "accelerator", here, "")
        way = Way(
            accelerator=accelerator,
            count=read_number(variant, "count", here, 0.0),
            runtime_minutes=read_number(variant, "runtime_minutes", here),
        )
        if way.runtime_minutes <= 0:
            raise UnreadableError(f"{here}.runtime_minutes: {way.runtime_minutes!r} is not above 0")
        ways.append(way)
    if not ways:
        raise UnreadableError(f"{where}.variants: none; a job has at least one")
    return tuple(ways)


def _read_hauls(document: Document, name: str, key: str, where: str) -> tuple[Haul, ...]:
    return tuple(
        Haul(
            place=read_text(haul, key, f"{where}.{name}[{number}]"),
            size_gb=read_number(haul, "size_gb", f"{where}.{name}[{number}]"),
        )
        for number, haul in enumerate(read_sections(document, name, where))
    )


def _read_limit(document: Document, name: str, where: str) -> float | None:
    return None if document.get(name) is None else read_number(document, name, where)


def _read_optional_instant(document: Document, name: str, where: str) -> datetime | None:
    value = document.get(name)
    return None if value is None else read_instant(value, f"{where}.{name}")
