"""How compiled functions are compiled.

A *kernel* is called from Python; a *part* only from kernels, so it needs no wrapper that unpacks its arguments (which
takes longer to compile than the part itself). Neither counts references: counting them for thirty arrays at every call
took five times as long as the arithmetic. So neither may allocate; scratch arrays come from the caller. The rare code
that must allocate is *roomy* and called for rare jobs only.

A cached kernel carries the machine code of the parts it calls, but numba looks only at the kernel's own file when it
asks whether the cache is fresh. So the cache lies in a folder named after the content of all files here.

All release the interpreter's lock and are cached on disk; none uses fast-math: what they sum enters the proven bound.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np

from scheduler.optimizer.problem import Floats


def _cache_folder() -> str:
    here = Path(__file__).parent
    code = hashlib.sha256()
    for path in sorted(here.glob("*.py")):
        code.update(path.read_bytes())
    return str(here / "__pycache__" / f"kernels-{code.hexdigest()[:16]}")


_settings: Any = numba.config
if not _settings.CACHE_DIR and os.access(Path(__file__).parent, os.W_OK):
    _settings.CACHE_DIR = _cache_folder()

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
