"""Random numbers inside compiled code: a xorshift generator whose state is passed in, so that lanes never share it."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.kernel import part

_A, _B, _C, _MANTISSA = np.uint64(13), np.uint64(7), np.uint64(17), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0  # 2 ** -53


def chance_state(seed: int, *stream: int) -> np.ndarray:
    """A generator's state [1] for one stream of a seed."""
    return np.random.default_rng([seed & 0xFFFFFFFF, *stream]).integers(1, 2**63, size=1, dtype=np.uint64)


@part
def unit(state):
    """The next number in [0, 1)."""
    x = state[0]
    x ^= x << _A
    x ^= x >> _B
    x ^= x << _C
    state[0] = x
    return (x >> _MANTISSA) * _UNIT


@part
def below(state, n):
    """The next whole number in [0, n)."""
    return min(n - 1, int(unit(state) * n))
