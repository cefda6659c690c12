"""How compiled functions are compiled.

A *kernel* is called from Python; a *part* only from kernels, so it needs no wrapper that unpacks its arguments (which
takes longer to compile than the part itself). Neither counts references: counting them for thirty arrays at every call
took five times as long as the arithmetic. So neither may allocate; scratch arrays come from the caller. The rare code
that must allocate is *roomy* and called for rare jobs only.

All release the interpreter's lock and are cached on disk; none uses fast-math: what they sum enters the proven bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from scheduler.optimizer.problem import Floats

# Typed loosely: `_nrt` and the wrapper switches are missing from the published signature.
_njit: Any = numba.njit

Function = TypeVar("Function", bound=Callable[..., Any])

_COMMON: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
_INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: Function) -> Function:
    """Compile a function that Python calls and that allocates nothing."""
    return cast(Function, _njit(**_COMMON, _nrt=False)(function))


def part(function: Function) -> Function:
    """Compile a function that only compiled code calls and that allocates nothing."""
    return cast(Function, _njit(**_COMMON, **_INNER, _nrt=False)(function))


def roomy_kernel(function: Function) -> Function:
    """Compile a function that Python calls and that may allocate."""
    return cast(Function, _njit(**_COMMON)(function))


def roomy_part(function: Function) -> Function:
    """Compile a function that only compiled code calls and that may allocate."""
    return cast(Function, _njit(**_COMMON, **_INNER)(function))


def scratch(slots: int) -> tuple[Floats, np.ndarray]:
    """Scratch arrays that pricing kernels ask for: floats and bytes, one per slot and one more."""
    return np.empty(slots + 1), np.empty(slots + 1, dtype=np.uint8)
