"""Kernels are compiled before the first test, so that no time limit under test pays for it."""

from __future__ import annotations

import pytest

from scheduler.optimizer.warmup import compile_kernels


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Compile, or load from the cache, everything that a solve calls."""
    compile_kernels()
