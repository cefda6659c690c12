"""edwc expand: plan capacity over years, for several futures at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from simulations.cli.option import CATALOGUE, JSON
from simulations.expansion import InfeasibleError, StudyError, expand, expansion_document, read_study
from simulations.expansion.expansion import GAP, TIME_LIMIT_S
from simulations.expansion.text import expansion_text
from topology import load_catalogue

REFUSED = 2
NO = 1


@click.command("expand")
@click.argument("plan", metavar="PLAN.toml")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the answer as JSON."
)
@click.option(
    "--time-limit",
    "time_limit_s",
    default=TIME_LIMIT_S,
    show_default=True,
    type=click.FloatRange(min=1.0),
    metavar="S",
    help="About how long to search for plans; pricing them comes on top.",
)
@click.option(
    "--gap",
    default=GAP,
    show_default=True,
    type=click.FloatRange(min=0.0, max=1.0),
    metavar="G",
    help="Stop when the plan is proven to be so near to the best.",
)
@CATALOGUE
@JSON
@click.pass_context
def expand_command(
    ctx: click.Context,
    *,
    plan: str,
    out: Path | None,
    time_limit_s: float,
    gap: float,
    catalogue: str,
    as_json: bool,
) -> None:
    """Plan capacity: what to build, where, when, and how near to the best that is (docs/capacity.md).

    PLAN.toml is a file, or the name of a shipped one: china-2026-2030. Exit status 1: the rules leave no
    plan, or the audit finds a fault in ours.
    """
    known = load_catalogue(catalogue)
    try:
        study = read_study(plan, known)
    except StudyError as error:
        for fault in error.faults:
            click.echo(f"edwc: {fault}", err=True)
        ctx.exit(REFUSED)
    try:
        answer = expand(study, known, time_limit_s=time_limit_s, gap=gap, progress=_progress())
    except InfeasibleError as error:
        click.echo(f"edwc: {plan}: {error}", err=True)
        ctx.exit(NO)
    document = expansion_document(answer)
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    click.echo(text if as_json else expansion_text(answer))
    if answer.account.faults:
        ctx.exit(NO)


def _progress() -> Callable[[str], None]:
    """Says on a terminal what is being done; silent in a pipe."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda step: click.echo(f"{step} ...", err=True)
