"""Leaving quietly when the reader of our output has gone, as in `edwc plan | head`."""

from __future__ import annotations

import os
import sys

GONE = 141  # 128 + SIGPIPE, as a shell reports a program that wrote to a closed pipe


def leave_pipe() -> int:
    """Point standard output at nothing, so that the last flush is silent; return the exit code."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    return GONE
