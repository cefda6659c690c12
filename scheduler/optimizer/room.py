"""What is still free: capacity less what the plan so far holds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scheduler.optimizer.problem import Floats
from scheduler.optimizer.table import Table


class Room(NamedTuple):
    """Free units: `site` [S, R, T], `link` [L, T], `group` [G, R, T], `quota` [Q]."""

    site: Floats
    link: Floats
    group: Floats
    quota: Floats


def empty_room(table: Table) -> Room:
    """The room of a plan that holds nothing."""
    return Room(
        np.array(table.capacity),
        np.array(table.link_capacity),
        np.array(table.group_capacity),
        np.array(table.quotas["limit"]),
    )
