"""Interruptible: how a job may be split into several runs, and what each resume costs."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.quantity import LONGEST_RUNTIME_MINUTES, STRICT, check_quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class Interruptible:
    """Leave to split a job.

    Attributes:
        min_run_minutes: no run is shorter than this, in minutes.
        checkpoint_gb: gigabytes moved at each resume.
        restart_minutes: minutes lost at each resume.
    """

    __pydantic_config__ = STRICT

    min_run_minutes: float
    checkpoint_gb: float = 0.0
    restart_minutes: float = 0.0

    def __post_init__(self) -> None:
        check_quantity(
            "min_run_minutes",
            self.min_run_minutes,
            positive=True,
            largest=LONGEST_RUNTIME_MINUTES,
            unit="minutes",
        )
        check_quantity("checkpoint_gb", self.checkpoint_gb, unit="GB")
        check_quantity(
            "restart_minutes", self.restart_minutes, largest=LONGEST_RUNTIME_MINUTES, unit="minutes"
        )
