"""The waiting policies of GAIA (Hanafy et al., ASPLOS 2024), told in our own words from the authors' public artifact.

github.com/umassos/GAIA, its figure 6-7 with waiting times "6x24": a job shorter than 2 hours may wait 6 hours to
start, a longer one 24. Each policy looks at the hours from the arrival on. "Class mean": the job's own length isn't
known, the mean length of its class stands for it.
"""

from __future__ import annotations

import numpy as np

from simulations.fidelity.oracle import best_starts
from simulations.fidelity.workload import Floats, Ints, Workload, emitted

QUIET_SHARE = 0.3  # ecovisor runs while the intensity is below this quantile of the coming day


def no_wait(work: Workload, _: Floats, __: int) -> Ints:
    """Start at once."""
    return work.arrival


def lowest_slot(work: Workload, curve: Floats, hour: int) -> Ints:
    """Start in the hour of least intensity, however long the job."""
    one_hour = _of_length(work, np.full(work.jobs, hour))
    return best_starts(one_hour, curve, step=hour)


def lowest_window(work: Workload, curve: Floats, hour: int) -> Ints:
    """Start where a job of the class mean would emit least."""
    return best_starts(_of_length(work, class_mean(work)), curve, step=hour)


def lowest_window_oracle(work: Workload, curve: Floats, hour: int) -> Ints:
    """Start where the job emits least: the carbon oracle of jobs that run through."""
    return best_starts(work, curve, step=hour)


def carbon_time(work: Workload, curve: Floats, hour: int) -> Ints:
    """Start where a job of the class mean would save most for every hour until its end."""
    mean = _of_length(work, class_mean(work))
    at_once = emitted(mean, mean.arrival, curve)
    best, most = mean.arrival.copy(), np.zeros(work.jobs)
    for wait in range(hour, int((mean.due - mean.length - mean.arrival).max()) + 1, hour):
        starts = mean.arrival + wait
        inside = starts + mean.length <= mean.due
        saved = at_once - emitted(mean, np.where(inside, starts, mean.arrival), curve)
        rate = saved / (wait + mean.length)
        better = inside & (rate > most)
        best[better], most[better] = starts[better], rate[better]
    return best


def threshold(work: Workload, curve: Floats, hour: int) -> Floats:
    """Return what one unit of every job emits that runs while the grid is clean, until its waiting is used up, [J]."""
    emissions = np.empty(work.jobs)
    rows = zip(work.arrival.tolist(), work.length.tolist(), work.due.tolist(), strict=True)
    for row, (arrival, length, due) in enumerate(rows):
        window = curve[arrival:due]
        clean = window < np.quantile(curve[arrival : arrival + 24 * hour], QUIET_SHARE)
        used_up = np.cumsum(~clean) > due - arrival - length
        emissions[row] = window[np.flatnonzero(clean | used_up)[:length]].sum()
    return emissions


def class_mean(work: Workload) -> Ints:
    """Return the mean length of every job's class, whole slots, [J]; jobs of one class may wait equally long."""
    waits = work.due - work.length - work.arrival
    means = {wait: round(float(work.length[waits == wait].mean())) for wait in np.unique(waits).tolist()}
    return np.array([means[wait] for wait in waits.tolist()], dtype=np.int64)


def _of_length(work: Workload, length: Ints) -> Workload:
    """Return the same work with other lengths; how long it may wait stays."""
    return Workload(
        slot_minutes=work.slot_minutes,
        arrival=work.arrival,
        earliest=work.earliest,
        length=length,
        due=work.due - work.length + length,
        units=work.units,
    )
