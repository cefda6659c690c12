"""How compiled functions are compiled.

A *kernel* is called from Python; a *part* only from kernels, so it needs no wrapper that unpacks its arguments (which
takes longer to compile than the part itself). Both release the interpreter's lock and are cached on disk. Neither uses
fast-math: what they sum enters the proven bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function that Python calls."""
    compiled: Function = njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled


def part(function: Function) -> Function:
    """Compile a function that only kernels call."""
    compiled: Function = njit(
        cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)
    return compiled
