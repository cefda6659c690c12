"""Classes: jobs equal in everything but name are priced once and counted as many.

At the same prices they want the same thing, so one answer serves all, and the bound is the same to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from scheduler.optimizer.choice import Choice
from scheduler.optimizer.problem import Floats, Ints
from scheduler.optimizer.table import Table

MIX = np.uint64(0x9E3779B97F4A7C15)
OWN = ("job", "transfer_begin", "transfer_end")  # fields of a row that say whose it is, not what it asks for


class Classes(NamedTuple):
    """`first` [K] is the first job of each class, rising; `size` [K] how many it has; `of` [J] the class of a job."""

    first: Ints
    size: Floats
    of: Ints


def single_jobs(jobs: int) -> Classes:
    """Every job a class of its own."""
    return Classes(np.arange(jobs), np.ones(jobs), np.arange(jobs))


def _words(values: np.ndarray) -> np.ndarray:
    wide = values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
    return wide.view(np.uint64)


def row_columns(table: Table) -> Iterator[np.ndarray]:
    """All that tells choice rows apart, as columns [C] of words."""
    rows = table.rows
    for name in rows.dtype.names or ():
        if name not in OWN:
            yield _words(rows[name])
    for r in range(table.demand.shape[1]):
        yield _words(table.demand[:, r])
    eights = np.zeros((len(rows), -(-table.fit.shape[1] // 8) * 8), dtype=np.uint8)
    eights[:, : table.fit.shape[1]] = table.fit
    yield from eights.view(np.uint64).T
    moves = rows["transfer_end"] - rows["transfer_begin"]
    yield _words(moves)
    for k in range(int(moves.max(initial=0))):
        at = np.where(k < moves, rows["transfer_begin"] + k, 0)
        for name in ("place", "slots", "rate"):
            yield _words(np.where(k < moves, table.transfers[name][at], 0))


def _mixed(state: np.ndarray, words: np.ndarray) -> np.ndarray:
    """The next state of a running hash; it wraps."""
    state = (state ^ words) * MIX
    return np.asarray(state ^ (state >> np.uint64(29)))


def _hashes(table: Table) -> np.ndarray:
    """A number per job [J] that equal plain jobs share and hardly any others."""
    jobs, counts = len(table.penalty), np.diff(table.first_row)
    of_row = np.zeros(len(table.rows), dtype=np.uint64)
    for words in row_columns(table):
        of_row = _mixed(of_row, words)
    of_job = _mixed(_words(counts), _words(table.penalty))
    for k in range(int(counts.max(initial=0))):
        has = np.flatnonzero(counts > k)
        of_job[has] = _mixed(of_job[has], of_row[table.first_row[has] + k])
    return np.where(table.plain == 1, of_job, _mixed(of_job, np.arange(jobs, dtype=np.uint64) + np.uint64(1)))


def _all_equal(table: Table, classes: Classes) -> bool:
    """Whether every job of more than its own class equals the first of it, word by word."""
    jobs = np.arange(len(classes.of))
    twin = classes.first[classes.of]
    jobs, twin = jobs[jobs != twin], twin[jobs != twin]
    counts = np.diff(table.first_row)
    if not ((counts[jobs] == counts[twin]).all() and (table.penalty[jobs] == table.penalty[twin]).all()):
        return False
    repeat = counts[jobs]
    step = np.arange(int(repeat.sum())) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    mine, theirs = (np.repeat(table.first_row[who], repeat) + step for who in (jobs, twin))
    return bool(table.plain[jobs].all()) and all(
        np.array_equal(words[mine], words[theirs]) for words in row_columns(table)
    )


def classes_of(table: Table) -> Classes:
    """The classes of a table's plain jobs; compound jobs, and all where hashes collide, stay single."""
    _, first, of, count = np.unique(
        _hashes(table), return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    classes = Classes(first[order].astype(np.int64), count[order].astype(np.float64), rank[of])
    return classes if _all_equal(table, classes) else single_jobs(len(table.penalty))


def tell_all(table: Table, classes: Classes, value: Floats, choice: Choice) -> None:
    """Give every job the value and the choice of the first of its class."""
    twin = classes.first[classes.of]
    others = np.flatnonzero(twin != np.arange(len(twin)))
    twin = twin[others]
    value[others] = value[twin]
    row = choice.row[twin]
    choice.row[others] = np.where(row >= 0, row - table.first_row[twin] + table.first_row[others], row)
    for mine in (choice.site, choice.start, choice.end):
        mine[others] = mine[twin]
