"""Intake: bodies become jobs to store, each checked once; every fault names its field and its place in the batch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from api.errors import InvalidFieldError, TooLargeError
from api.ledger import to_cents
from api.loop import month_of
from api.store import Job as JobRecord
from api.store import new_ids
from pricing import RateCard, UnknownPrice, load_price_catalogue
from scheduler import DocumentError, Job, ReferenceFault, References, Variant, job_from_document
from scheduler.document import job_adapter, job_fault, jobs_adapter
from topology import Catalogue

FAULTS_TOLD = 20
PRICES_KEPT = 4096
_NOTHING = Decimal("0.00")


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What a body asks for.

    Attributes:
        jobs: at least one, checked.
        documents: their normal form as JSON text, without the tenant.
        costs_cny: rate-card price of each in its cheapest variant; None where the card prices none.
        batch: whether the body was a list.
    """

    jobs: tuple[Job, ...]
    documents: tuple[str, ...]
    costs_cny: tuple[Decimal | None, ...]
    batch: bool

    def digest(self, path: str, quote: str) -> str:
        """Return what tells two bodies under one idempotency key apart."""
        text = "\n".join(("POST", path, quote, str(self.batch), *self.documents))
        return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


class Intake:
    """Reads bodies against one catalogue."""

    def __init__(self, catalogue: Catalogue, *, batch_max: int, rate_card: RateCard | None = None) -> None:
        """Take jobs that name places and machines of a catalogue, at most `batch_max` at once."""
        self._references, self._batch_max = References(catalogue), batch_max
        for build in (job_adapter, jobs_adapter):
            build()  # now, not by the first request
        self._places = frozenset(catalogue.places)
        self._machines = frozenset(machine.id for machine in catalogue.accelerators)
        self._rate_card = rate_card or load_price_catalogue().rate_card
        self._prices: dict[tuple[object, ...], Decimal | None] = {}

    def read(self, body: bytes, tenant: str) -> Order:
        """Return the jobs of a body: one in { } or several in [ ].

        Raises:
            InvalidFieldError: a job breaks a rule, or names what the catalogue does not have.
            DocumentError: the body is no job and no list of jobs.
            TooLargeError: too many jobs.
        """
        batch = body.lstrip()[:1] == b"["
        jobs = self._read_batch(body) if batch else (self._read_one(body),)
        costs_cny = tuple(map(self._least_cny, jobs))
        faults = list(self._faults(jobs, costs_cny, tenant, batch=batch))
        if faults:
            raise _refusal(faults, batch=batch)
        return Order(jobs=jobs, documents=_documents(jobs), costs_cny=costs_cny, batch=batch)

    def records(self, order: Order, *, tenant: str, now: datetime) -> tuple[JobRecord, ...]:
        """Return what to store, with fresh ids in the order sent.

        Raises:
            InvalidFieldError: a deadline is over.
        """
        faults = [
            _fault(index, "deadline", f"{job.deadline.isoformat()} is over: it is {now.isoformat()} here")
            for index, job in enumerate(order.jobs)
            if job.deadline is not None and job.deadline <= now
        ]
        if faults:
            raise _refusal(faults, batch=order.batch)
        ids = new_ids("job", now, len(order.jobs))
        month = month_of(now)
        return tuple(
            JobRecord(
                id=name,
                tenant=tenant,
                name=job.name,
                document=document,
                created_at=now,
                updated_at=now,
                month=month,
                labels=job.labels,
                deadline_at=None if job.deadline is None else job.deadline.astimezone(UTC),
                cost_cny=_NOTHING if cost_cny is None else cost_cny,
            )
            for name, job, document, cost_cny in zip(
                ids, order.jobs, order.documents, order.costs_cny, strict=True
            )
        )

    def _least_cny(self, job: Job) -> Decimal | None:
        """Return the price of the cheapest variant: what the job is expected to cost until it is planned.

        None where the card prices none. Jobs are much alike, so what was worked out is kept.
        """
        ways = tuple([(way.runtime_minutes, way.accelerator, way.count) for way in job.variants])
        key = (job.tasks, job.demand.cpu_cores, job.demand.memory_gib, ways)
        if key not in self._prices:
            if len(self._prices) >= PRICES_KEPT:
                self._prices.clear()
            priced = (self._variant_cny(job, variant) for variant in job.variants)
            prices = [price for price in priced if price is not None]
            self._prices[key] = to_cents(Decimal(repr(min(prices)))) if prices else None
        return self._prices[key]

    def _variant_cny(self, job: Job, variant: Variant) -> float | None:
        try:
            return self._rate_card.price_cny(
                tasks=job.tasks,
                cpu_cores=job.demand.cpu_cores,
                memory_gib=job.demand.memory_gib,
                runtime_minutes=variant.runtime_minutes,
                accelerator=variant.accelerator or "",
                count=variant.count,
            )
        except UnknownPrice:
            return None

    def _read_one(self, body: bytes) -> Job:
        try:
            return job_adapter().validate_json(body)
        except ValidationError as error:
            raise job_fault(error) from None

    def _read_batch(self, body: bytes) -> tuple[Job, ...]:
        try:
            jobs = jobs_adapter().validate_json(body)
        except ValidationError as error:
            faults = _faults_by_item(body, self._batch_max)
            if not faults:
                raise job_fault(error) from None
            raise _refusal(faults, batch=True) from None
        self._check_size(len(jobs))
        return tuple(jobs)

    def _check_size(self, count: int) -> None:
        if count == 0:
            raise InvalidFieldError("body", "the list is empty; send at least one job")
        if count > self._batch_max:
            raise TooLargeError(
                f"{count} jobs in one batch; send at most {self._batch_max} at once", field="body"
            )

    def _faults(
        self, jobs: Sequence[Job], costs_cny: Sequence[Decimal | None], tenant: str, *, batch: bool
    ) -> Iterator[dict[str, Any]]:
        seen: dict[str, int] = {}
        for index, (job, cost_cny) in enumerate(zip(jobs, costs_cny, strict=True)):
            if job.tenant is not None and job.tenant != tenant:
                yield _fault(index, "tenant", f"{job.tenant!r} is not the key's tenant; leave the field out")
            if batch and seen.setdefault(job.name, index) != index:
                yield _fault(
                    index, "name", f"{job.name!r} is taken by item {seen[job.name]}; names must differ"
                )
            if job.value_cny is None and cost_cny is None:
                yield _fault(
                    index, "value_cny", "is needed: the rate card prices none of the job's accelerators"
                )
        if not all(map(self._known, jobs)):
            yield from self._unknown_references(jobs)

    def _known(self, job: Job) -> bool:
        """Whether everything a job names is surely known: spares most jobs the full check, which finds the words."""
        if job.residency.provinces or job.residency.hubs:
            return False
        return (
            (job.origin is None or job.origin in self._places)
            and all(part.at in self._places for part in job.inputs)
            and all(part.to in self._places for part in job.outputs)
            and all(way.accelerator is None or way.accelerator in self._machines for way in job.variants)
        )

    def _unknown_references(self, jobs: Sequence[Job]) -> Iterator[dict[str, Any]]:
        for index, job in enumerate(jobs):
            try:
                self._references.check([job])
            except ReferenceFault as fault:
                yield {**_fault(index, fault.field, str(fault)), "nearest": list(fault.nearest)}


def _documents(jobs: Sequence[Job]) -> tuple[str, ...]:
    write = job_adapter().serializer.to_json  # as dump_json does, without its many arguments
    return tuple(
        write(job, exclude_defaults=True, exclude={"tenant"} if job.tenant is not None else None).decode()
        for job in jobs
    )


def _faults_by_item(body: bytes, count_max: int) -> list[dict[str, Any]]:
    """Read a refused batch once more, item by item, for what is wrong with each."""
    try:
        items = json.loads(body)
    except (ValueError, RecursionError):
        return []
    faults = []
    for index, item in enumerate(items[:count_max]):
        if not isinstance(item, dict):
            faults.append(_fault(index, "", "must be a job in { }"))
            continue
        try:
            job_from_document(item)
        except DocumentError as error:
            faults.append(_fault(index, error.field, str(error)))
        if len(faults) == FAULTS_TOLD:
            break
    return faults


def _fault(index: int, field: str, detail: str) -> dict[str, Any]:
    return {"index": index, "field": field, "detail": detail}


def _refusal(faults: list[dict[str, Any]], *, batch: bool) -> InvalidFieldError:
    first = faults[0]
    if not batch:
        error = InvalidFieldError(first["field"], first["detail"])
        error.extra = {"nearest": first["nearest"]} if "nearest" in first else {}
        return error
    place = f"[{first['index']}]"
    field = f"{place}.{first['field']}" if first["field"] else place
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    told = f"item {first['index']}: {first['detail']}{more}; nothing of the batch was stored"
    return InvalidFieldError(field, told, faults=faults[:FAULTS_TOLD])
