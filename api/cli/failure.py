"""Turns an error into an exit code and one line: the only table of what the command line refuses and how."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable

import click

REFUSED = 2
BUG = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it

# What a user can cause and mend. Named and not imported: an error that was raised has been imported already.
REFUSALS = (
    "builtins:OSError",
    "topology.errors:TopologyError",
    "pricing.errors:PricingError",
    "scheduler.errors:SchedulerError",
    "api.client.errors:ClientError",
    "scheduler.judge.fault:UnreadableError",
    "scheduler.optimizer.errors:OptimizerError",
    "api.errors:ApiError",
    "api.store.errors:StoreError",
)


def exit_for(error: BaseException, refusals: Iterable[str] = REFUSALS) -> int:
    """Say what went wrong in one line on standard error, and return the exit code for it.

    Args:
        error: what was raised.
        refusals: base classes of bad input, each as `module:class`.
    """
    if os.environ.get("EDWC_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, click.Abort):
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        _say(_usage_line(error))
        return REFUSED
    names = {f"{kind.__module__}:{kind.__name__}" for kind in type(error).__mro__}
    if names.isdisjoint(refusals):
        hint = "" if os.environ.get("EDWC_DEBUG") else "; set EDWC_DEBUG=1 to see where"
        _say(f"edwc: a bug of ours: {type(error).__name__}: {error}{hint}")
        return BUG
    _say(f"edwc: {_system_line(error) if isinstance(error, OSError) else error}")
    return REFUSED


def _usage_line(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "edwc"
    hint = f" (see `{path} --help`)" if isinstance(error, click.UsageError) else ""
    return f"{path}: {error.format_message()}{hint}"


def _system_line(error: OSError) -> str:
    if error.filename is None or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}"


def _say(line: str) -> None:
    print(" ".join(line.split()), file=sys.stderr)
