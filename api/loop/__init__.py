"""Brings jobs from the store to the sites and what was seen there back: the only corridor."""

from api.loop.cancellation import cancel, cancelled
from api.loop.clock import Clock, month_of, scaled_clock, wall_clock
from api.loop.controller import Controller
from api.loop.errors import LoopError, PlannerCrashed, PlannerFailed
from api.loop.inline_planner import InlinePlanner
from api.loop.loop import Loop, LoopParts, Ticked
from api.loop.planner import PlanAnswer, Planner, PlanRequest, ProcessPlanner
from api.loop.settings import LoopSettings

__all__ = [
    "Clock",
    "Controller",
    "InlinePlanner",
    "Loop",
    "LoopError",
    "LoopParts",
    "LoopSettings",
    "PlanAnswer",
    "PlanRequest",
    "Planner",
    "PlannerCrashed",
    "PlannerFailed",
    "ProcessPlanner",
    "Ticked",
    "cancel",
    "cancelled",
    "month_of",
    "scaled_clock",
    "wall_clock",
]
