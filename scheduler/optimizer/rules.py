"""The rules that the arrays of a problem must keep, each one function with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scheduler.optimizer.errors import ProblemError
from scheduler.optimizer.memory import require_memory

if TYPE_CHECKING:
    from scheduler.optimizer.problem import Problem

# Beyond this, 1e-9 of the sums that prove a bound would no longer be small change.
LARGEST_NUMBER = 1e15


def check_problem(problem: Problem) -> None:
    """Check every rule.

    Raises:
        ProblemError: naming the field, the value and the rule.
        ProblemTooLarge: when the estimate of memory exceeds the limit.
    """
    sites, resources, slots = _three(problem.capacity, "capacity")
    require_memory(
        jobs=len(problem.penalty),
        rows=len(problem.row_job),
        sites=sites,
        resources=resources,
        slots=slots,
        links=len(problem.link_capacity),
        transfers=len(problem.transfer_place),
    )
    _check_shapes(problem, sites, resources, slots)
    _check_feature_shapes(problem, sites, resources, slots)
    _check_numbers(problem)
    _check_rows(problem)
    _check_transfers(problem)
    _check_features(problem, sites, resources)


def _three(array: np.ndarray, name: str) -> tuple[int, int, int]:
    if array.ndim != 3:
        raise ProblemError(f"{name} has {array.ndim} dimensions: give sites x resources x slots")
    return array.shape[0], array.shape[1], array.shape[2]


def _require_shape(problem: Problem, name: str, shape: tuple[int, ...], kind: str) -> None:
    array = getattr(problem, name)
    if array.shape != shape:
        raise ProblemError(f"{name} has shape {array.shape}: the other arrays ask for {shape}")
    if array.dtype.kind != kind or array.dtype.itemsize not in (1, 8):
        raise ProblemError(
            f"{name} has type {array.dtype}: give {({'f': 'float64', 'i': 'int64', 'b': 'bool'})[kind]}"
        )
    if not array.flags.c_contiguous:
        raise ProblemError(f"{name} is not contiguous: pass numpy.ascontiguousarray({name})")


def _check_shapes(problem: Problem, sites: int, resources: int, slots: int) -> None:
    rows, jobs = len(problem.row_job), len(problem.penalty)
    transfers, places = len(problem.transfer_place), len(problem.place_cost)
    cells = (sites, resources, slots)
    for name in ("base_price", "capacity"):
        _require_shape(problem, name, cells, "f")
    _require_shape(problem, "link_capacity", (len(problem.link_capacity), slots), "f")
    _require_shape(problem, "penalty", (jobs,), "f")
    _require_shape(problem, "demand", (rows, resources), "f")
    for name in ("row_job", "duration", "release", "deadline", "due", "place", "start_mask_of"):
        _require_shape(problem, name, (rows,), "i")
    for name in ("last_slot_share", "late_cost", "place_weight"):
        _require_shape(problem, name, (rows,), "f")
    _require_shape(problem, "eligible", (rows, sites), "b")
    _require_shape(problem, "place_cost", (places, sites), "f")
    _require_shape(problem, "transfer_pointer", (rows + 1,), "i")
    for name, kind in (("transfer_place", "i"), ("transfer_slots", "i"), ("transfer_rate", "f")):
        _require_shape(problem, name, (transfers,), kind)
    _require_shape(problem, "route_pointer", (places * sites + 1,), "i")
    _require_shape(problem, "route_link", (len(problem.route_link),), "i")
    if problem.start_masks.size:
        _require_shape(problem, "start_masks", (len(problem.start_masks), sites, slots), "b")


def _check_feature_shapes(problem: Problem, sites: int, resources: int, slots: int) -> None:
    rows, quotas = len(problem.row_job), len(problem.quota_site)
    for name, kind in (
        ("min_run", "i"),
        ("resume_cost", "f"),
        ("replicas", "i"),
        ("spread_of", "i"),
        ("group_of", "i"),
    ):
        if getattr(problem, name).size:
            _require_shape(problem, name, (rows,), kind)
    if problem.group_capacity.size:
        _require_shape(problem, "group_capacity", (len(problem.group_capacity), resources, slots), "f")
    if quotas:
        _require_shape(problem, "quota_resource", (quotas,), "i")
        _require_shape(problem, "quota_weight", (quotas, slots), "f")
        _require_shape(problem, "quota_limit", (quotas,), "f")
    if problem.supply_resource >= 0:
        steps = problem.supply_price.shape[1] if problem.supply_price.ndim == 3 else 0
        for name in ("supply_price", "supply_size"):
            _require_shape(problem, name, (sites, steps, slots), "f")


def _check_numbers(problem: Problem) -> None:
    at_least_zero = (
        "capacity link_capacity demand late_cost place_weight place_cost transfer_rate resume_cost group_capacity "
        "quota_weight quota_limit supply_size base_price supply_price penalty"
    )
    for name in at_least_zero.split():
        array = getattr(problem, name)
        if not array.size:
            continue
        least, most = float(array.min()), float(array.max())
        if name == "penalty" and most == np.inf:
            most = 0.0
        if not (least >= 0 and most <= LARGEST_NUMBER):
            bad = most if least >= 0 else least
            raise ProblemError(
                f"{name} holds {bad}: every value must be a number from 0 to {LARGEST_NUMBER:g}"
            )
    share = problem.last_slot_share
    if share.size and not (share.min() > 0 and share.max() <= 1):
        raise ProblemError(
            "last_slot_share holds a value outside (0, 1]: a run pays part of its last slot or all"
        )


def _check_rows(problem: Problem) -> None:
    row_job, jobs = problem.row_job, len(problem.penalty)
    if not row_job.size:
        return
    if (np.diff(row_job) < 0).any():
        raise ProblemError("row_job decreases: sort the rows so that those of one job are adjacent")
    _require_range("row_job", row_job, 0, jobs)
    _require_range("duration", problem.duration, 1, LARGEST_NUMBER)
    _require_range("release", problem.release, 0, LARGEST_NUMBER)
    _require_range("place", problem.place, 0, len(problem.place_cost))
    _require_range("start_mask_of", problem.start_mask_of, -1, len(problem.start_masks))


def _require_range(name: str, values: np.ndarray, low: int, end: float) -> None:
    if values.size and (values.min() < low or values.max() >= end):
        bad = values.min() if values.min() < low else values.max()
        raise ProblemError(f"{name} holds {bad}: values must be from {low} to below {end:g}")


def _check_transfers(problem: Problem) -> None:
    _require_range("transfer_place", problem.transfer_place, 0, len(problem.place_cost))
    _require_range("route_link", problem.route_link, 0, len(problem.link_capacity))
    for name, size in (
        ("transfer_pointer", len(problem.transfer_place)),
        ("route_pointer", len(problem.route_link)),
    ):
        pointer = getattr(problem, name)
        if pointer[0] != 0 or pointer[-1] != size or (np.diff(pointer) < 0).any():
            raise ProblemError(f"{name} must rise from 0 to {size}, the number of entries it points into")


def _check_features(problem: Problem, sites: int, resources: int) -> None:
    _require_range("min_run", problem.min_run, 0, LARGEST_NUMBER)
    _require_range("replicas", problem.replicas, 1, LARGEST_NUMBER)
    _require_range("group_of", problem.group_of, -1, len(problem.group_capacity))
    _require_range("quota_site", problem.quota_site, 0, sites)
    _require_range("quota_resource", problem.quota_resource, 0, resources)
    _require_range("spread_of", problem.spread_of, -1, max(0, len(problem.spread_pointer) - 1))
    _require_range("spread_sites", problem.spread_sites, -1, sites)
    if problem.supply_resource >= resources:
        raise ProblemError(f"supply_resource is {problem.supply_resource}: there are {resources} resources")
    if (
        problem.min_run.size
        and problem.replicas.size
        and ((problem.min_run > 0) & (problem.replicas > 1)).any()
    ):
        raise ProblemError("a row is both interruptible and replicated: give it one of the two")
    if problem.min_run.size and ((problem.min_run > 0) & (problem.start_mask_of >= 0)).any():
        raise ProblemError(
            "an interruptible row has a start mask: its cost depends on all its runs, not on the start"
        )
