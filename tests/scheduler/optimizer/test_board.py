"""The board that single jobs are priced against."""

import numpy as np
import pytest

from scheduler.optimizer.board import least_ahead


@pytest.mark.parametrize("slots", [1, 2, 5, 8, 13])
def test_the_least_ahead_is_the_least_of_so_many_slots(slots):
    values = np.random.default_rng(slots).normal(size=(3, slots))

    ahead = least_ahead(values)

    assert 2 ** (len(ahead) - 1) <= slots < 2 ** len(ahead)
    for level, table in enumerate(ahead):
        for slot in range(slots - 2**level + 1):
            assert table[slot].tolist() == values[:, slot : slot + 2**level].min(axis=1).tolist()
