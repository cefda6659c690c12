"""The command line of workloads and traces; `edwc.py` mounts it. Importing this imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping

COMMANDS: Mapping[str, tuple[str, str]] = {
    "jobs-sample": (
        "simulations.cli.jobs_sample:jobs_sample",
        "Draw a day of jobs whose demand follows figures fitted to real traces.",
    ),
    "import-trace": (
        "simulations.cli.import_trace:import_trace_command",
        "Turn a trace of a real cluster into jobs of this network.",
    ),
}
"""Command name -> (module:attribute, help in one line)."""
