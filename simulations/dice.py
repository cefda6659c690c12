"""Seeded throws that belong to a name: same seed and name, same numbers, in any company."""

from __future__ import annotations

import hashlib
import struct

THROWS = 16
_WORD = 2.0**-32


def throw_dice(seed: int, name: str) -> tuple[float, ...]:
    """Sixteen numbers, uniform in [0, 1), that depend on nothing but the seed and the name.

    A job keeps its origin, slack and sizes when another day, more jobs or a filter are asked for: a random
    stream shared by all jobs could not promise that.
    """
    digest = hashlib.blake2b(f"{seed}/{name}".encode()).digest()
    return tuple(word * _WORD for word in struct.unpack(f"<{THROWS}I", digest))
