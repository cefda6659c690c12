"""Batch means: how sure the mean of a long, correlated series is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

BATCHES = 20
STUDENT_99 = 2.861  # two-sided 99 % of Student's t with 19 degrees of freedom


def mean_and_error(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean of a series, its first tenth left out, and half the width of its 99 % interval.

    The series is cut into 20 batches, whose means are nearly independent where a batch is much longer than the
    memory of the series.
    """
    settled = values[len(values) // 10 :]
    means = np.array([batch.mean() for batch in np.array_split(settled, BATCHES)])
    return float(settled.mean()), STUDENT_99 * float(means.std(ddof=1)) / math.sqrt(BATCHES)
