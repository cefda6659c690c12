"""The door of the command line: mounts the commands of `api` and `simulations`, imports one when it runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

import api.cli
import simulations.cli
from api.cli import failure
from api.cli.pipe import leave_pipe

COMMANDS: Mapping[str, tuple[str, str]] = {**api.cli.COMMANDS, **simulations.cli.COMMANDS}
REFUSALS = (*failure.REFUSALS, "simulations.errors:SimulationError")


class Door(click.Group):
    """The group of all commands. It lists them without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command, or None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from their one-line helps alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; when the reader of its output has gone, leave without a word."""
        try:
            outcome = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            ctx.exit(leave_pipe())
        return outcome

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run and leave with the exit code; what goes wrong becomes one line on standard error."""
        try:
            code = super().main(*args, **{"prog_name": "edwc", **extra, "standalone_mode": False})
        except Exception as error:
            sys.exit(failure.exit_for(error, REFUSALS))
        sys.exit(code if isinstance(code, int) else 0)


@click.command(cls=Door, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="edwc", prog_name="edwc")
def main() -> None:
    """EDWC decides where and when each job of a compute network runs, and proves how good the plan is.

    Exit status: 0 done; 1 the answer is no; 2 bad usage or bad input, told in one line; 70 a bug of ours.
    """


if __name__ == "__main__":
    main()
