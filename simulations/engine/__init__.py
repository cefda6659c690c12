"""Replays real days under the real scheduler and a simulated clock."""

from simulations.engine.interruption import stop_on_interrupt
from simulations.engine.progress import Progress
from simulations.engine.replay import ForecastError, LossKind, Outage, Replay
from simulations.engine.simulation import simulate
from simulations.engine.span import span_of
from simulations.errors import ReplayError

__all__ = [
    "ForecastError",
    "LossKind",
    "Outage",
    "Progress",
    "Replay",
    "ReplayError",
    "simulate",
    "span_of",
    "stop_on_interrupt",
]
