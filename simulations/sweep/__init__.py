"""Runs a scenario over many settings: cartesian or sampled, in parallel, resumed where it was interrupted."""

from simulations.sweep.cell import Cell, cell_of, cells_of, run_cell
from simulations.sweep.cell_store import CellStore
from simulations.sweep.engine import ENGINES, Engine, EngineError, LocalEngine, RayEngine, engine_of
from simulations.sweep.sweep_plan import Axis, Sample, SweepPlan, read_sweep
from simulations.sweep.sweeping import SweepResult, run_sweep

__all__ = [
    "ENGINES",
    "Axis",
    "Cell",
    "CellStore",
    "Engine",
    "EngineError",
    "LocalEngine",
    "RayEngine",
    "Sample",
    "SweepPlan",
    "SweepResult",
    "cell_of",
    "cells_of",
    "engine_of",
    "read_sweep",
    "run_cell",
    "run_sweep",
]
