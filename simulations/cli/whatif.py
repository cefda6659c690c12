"""edwc whatif: the group of the commands about scenarios; imports one when it runs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

PARTS: Mapping[str, tuple[str, str]] = {
    "run": (
        "simulations.cli.whatif_run:run",
        "Replay a scenario under the production scheduler and measure what comes of it.",
    ),
    "compare": (
        "simulations.cli.whatif_compare:compare",
        "Tell which change accounts for how much of the difference between scenarios.",
    ),
    "sweep": (
        "simulations.cli.whatif_sweep:sweep",
        "Run a scenario over a grid or a sample of settings, in parallel; resumes.",
    ),
    "list": ("simulations.cli.whatif_list:list_scenarios", "List the shipped scenarios."),
    "report": (
        "simulations.cli.whatif_report:report",
        "Write outcomes as one self-contained HTML file.",
    ),
}
"""Command name -> (module:attribute, help in one line)."""


class WhatIf(click.Group):
    """The group. It lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands, in the order of use."""
        return list(PARTS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command, or None when there is no such command."""
        if cmd_name not in PARTS:
            return None
        module, _, attribute = PARTS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from their one-line helps alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, PARTS[name][1]) for name in self.list_commands(ctx)])


@click.command(cls=WhatIf)
def whatif() -> None:
    """Ask what if: replay days under other prices, places, rules and failures (docs/scenarios.md)."""
