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
    "whatif": (
        "simulations.cli.whatif:whatif",
        "Ask what if: replay days under other prices, places, rules and failures.",
    ),
    "expand": (
        "simulations.cli.expand:expand_command",
        "Plan capacity: what to build, where and when, for several futures at once.",
    ),
}
"""Command name -> (module:attribute, help in one line)."""
