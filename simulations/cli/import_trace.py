"""edwc import-trace: turn a trace of a real cluster into jobs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from simulations.cli.option import CATALOGUE, JSON, MAX_HOURS, OUT, SEED, print_report
from simulations.jobs_file import check_name, write_jobs
from simulations.trace_import import ImportRules, import_trace
from simulations.traces import FORMATS
from topology import load_catalogue

_EPILOG = "\b\nFormats:\n" + "\n".join(f"  {form.name:14} {form.mapping}" for form in FORMATS.values())


def read_date(ctx: click.Context, param: click.Parameter, value: str) -> date:
    """The date that an option's text names.

    Raises:
        click.BadParameter: it names none.
    """
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date such as 2026-07-01", ctx, param) from None


@click.command("import-trace", epilog=_EPILOG)
@click.argument("form", metavar="FORMAT", type=click.Choice(list(FORMATS)))
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@OUT
@click.option(
    "--day",
    default="busiest",
    show_default=True,
    metavar="DAY",
    help="busiest, all, a number from 0, or a date of the trace.",
)
@click.option(
    "--at-least",
    default=1,
    type=click.IntRange(1),
    metavar="N",
    help="Lay the following days over the same clock until there are N jobs.",
)
@click.option(
    "--date",
    "on",
    default="2026-07-01",
    show_default=True,
    callback=read_date,
    metavar="DATE",
    help="Date the day is put on, in China's time.",
)
@click.option(
    "--scale",
    default=1,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Copies of each job; each with an origin and terms of its own, up to 30 min off.",
)
@click.option(
    "--load",
    type=float,
    help="Size gangs so that work over capacity of the binding resource is this, such as 0.3.",
)
@click.option(
    "--interval-minutes",
    default=15,
    show_default=True,
    type=click.IntRange(1, 1440),
    help="Requests of one city in so many minutes become one serving job.",
)
@click.option(
    "--on-bad",
    type=click.Choice(["skip", "refuse"]),
    help="Do this to every row that gives no job. Left out: skip what never ran, refuse what is malformed.",
)
@MAX_HOURS
@SEED
@CATALOGUE
@JSON
def import_trace_command(
    *,
    form: str,
    path: Path,
    out: Path,
    day: str,
    at_least: int,
    on: date,
    scale: int,
    load: float | None,
    interval_minutes: int,
    on_bad: str | None,
    max_hours: float,
    seed: int,
    catalogue: str,
    as_json: bool,
) -> None:
    """Turn a trace of a real cluster into jobs of this network (mapping: docs/traces.md)."""
    check_name(out)
    rules = ImportRules(
        day=day,
        at_least=at_least,
        on=on,
        max_hours=max_hours,
        scale=scale,
        load=load,
        interval_minutes=interval_minutes,
        seed=seed,
        on_bad=on_bad or "sort",
    )
    imported = import_trace(form, path, load_catalogue(catalogue), rules)
    write_jobs(out, imported.jobs)
    print_report(f"{len(imported.jobs)} jobs in {out}", imported.summary, as_json=as_json)
