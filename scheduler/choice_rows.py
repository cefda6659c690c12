"""Choice rows: every candidate, once for each class of sites its data reaches at the same rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Bools, Floats, Ints
from scheduler.case import Case
from scheduler.spreading import spread_classes
from scheduler.transfer_classes import TransferClass, transfer_classes

ANY_SITES = -1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ChoiceRows:
    """Rows in the order of the candidates; C of them, F families of site sets.

    Attributes:
        candidate: [C] candidate of the row.
        eligible: [C, S].
        transfer_pointer: [C + 1] transfers of row c are pointer[c] .. pointer[c + 1].
        transfer: [X] transfer of the haulage.
        transfer_rate: [X] Gbit/s.
        replicas: [C] sites that run the row at the same time.
        family: [C] family of a row that spreads, or ANY_SITES.
        family_pointer: [F + 1] sets of family f are sets[pointer[f] .. pointer[f + 1]].
        sets: [N, K] site numbers, -1 behind those of smaller sets.
    """

    candidate: Ints
    eligible: Bools
    transfer_pointer: Ints
    transfer: Ints
    transfer_rate: Floats
    replicas: Ints
    family: Ints
    family_pointer: Ints
    sets: Ints


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Part:
    """The rows of one class."""

    candidate: Ints
    eligible: Bools
    transfers: int
    transfer: Ints
    transfer_rate: Floats
    sets: Ints | None


def list_choice_rows(case: Case, eligible: Bools) -> ChoiceRows:
    """Return the rows of all jobs; a candidate without an eligible site has none."""
    single = [number for number, job in enumerate(case.jobs) if job.spread is None]
    classes = [*transfer_classes(case.haulage, single), *spread_classes(case)]
    parts = [_rows_of_class(case, eligible, each) for each in classes]
    sizes = [len(part.candidate) for part in parts]
    candidate = np.concatenate([part.candidate for part in parts])
    counts = np.repeat([part.transfers for part in parts], sizes)
    order = np.argsort(candidate, kind="stable")
    moved = np.argsort(np.repeat(_rank(order), counts), kind="stable")
    families, of_part = _families(case, parts)
    pointer = np.concatenate([[0], np.cumsum([len(sets) for sets in families])]).astype(np.int64)
    replicas = [1 if part.sets is None else part.sets.shape[1] for part in parts]
    return ChoiceRows(
        candidate=candidate[order],
        eligible=np.concatenate([part.eligible for part in parts])[order],
        transfer_pointer=np.concatenate([[0], np.cumsum(counts[order])]).astype(np.int64),
        transfer=np.concatenate([part.transfer for part in parts])[moved],
        transfer_rate=np.concatenate([part.transfer_rate for part in parts])[moved],
        replicas=np.repeat(replicas, sizes)[order].astype(np.int64),
        family=np.repeat(of_part, sizes)[order].astype(np.int64),
        family_pointer=pointer,
        sets=np.concatenate([_widened(sets, max(replicas)) for sets in families])
        if families
        else np.zeros((0, 0), dtype=np.int64),
    )


def _families(case: Case, parts: list[_Part]) -> tuple[list[Ints], list[int]]:
    """Return the families and that of every part.

    Any two sites will do for two replicas that move no data and hold no quota: nothing but room comes between them.
    """
    families: list[Ints] = []
    of_part = []
    every_pair = len(case.world.catalogue.sites) * (len(case.world.catalogue.sites) - 1) // 2
    for part in parts:
        free = part.sets is None or (
            part.sets.shape == (every_pair, 2) and part.transfers == 0 and not case.tenancy.tenants
        )
        of_part.append(ANY_SITES if free else len(families))
        if not free and part.sets is not None:
            families.append(part.sets)
    return families, of_part


def _widened(sets: Ints, width: int) -> Ints:
    return np.pad(sets, ((0, 0), (0, width - sets.shape[1])), constant_values=-1)


def _rank(order: Ints) -> Ints:
    """Return where every element went: the inverse of a permutation."""
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank


def _rows_of_class(case: Case, eligible: Bools, each: TransferClass) -> _Part:
    pointer, haulage = case.candidates.pointer, case.haulage
    counts = pointer[each.jobs + 1] - pointer[each.jobs]
    candidate = _ranges(pointer[each.jobs], counts)
    allowed = eligible[candidate] & each.sites
    some = allowed.any(axis=1)
    candidate = candidate[some]
    first = haulage.pointer[case.candidates.job[candidate]]
    transfers = len(each.rates)
    return _Part(
        candidate=candidate,
        eligible=allowed[some],
        transfers=transfers,
        transfer=(first[:, np.newaxis] + np.arange(transfers)).reshape(-1),
        transfer_rate=np.tile(np.where(np.isfinite(each.rates), each.rates, 1.0), len(candidate)),
        sets=each.sets,
    )


def _ranges(first: Ints, counts: Ints) -> Ints:
    """Return first[0], first[0] + 1, ... (counts[0] of them), first[1], ... as one array."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(int(counts.sum())) + np.repeat(first - (ends - counts), counts))
