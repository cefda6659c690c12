"""edwc judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from api.cli.choice import CATALOGUE, JOBS, JSON, LIMITS
from api.cli.plan_file import read_document
from api.cli.series import SERIES, Series
from api.cli.table import percent, print_json
from api.cli.world import price
from scheduler import DocumentError, job_to_document, read_jobs, read_limits_document
from scheduler.judge import UnreadableError, Verdict
from scheduler.judge import judge as judge_plan
from scheduler.judge.claim import read_plan
from scheduler.text_file import read_text_bytes
from topology import load_catalogue

JSON_LINES = (".jsonl", ".ndjson")


@click.command()
@JOBS
@click.option("--plan", "plan_path", required=True, type=click.Path(path_type=Path), metavar="plan.json")
@CATALOGUE
@SERIES
@LIMITS
@JSON
@click.pass_context
def judge(
    ctx: click.Context,
    *,
    jobs_path: Path,
    plan_path: Path,
    catalogue: str,
    series: Series,
    limits_path: Path | None,
    as_json: bool,
) -> None:
    """Check a plan against its jobs and the catalogue, independently of the planner.

    Recomputes every cost and every limit slot by slot, and prints each violation on a line of its own. Exit 0
    when the plan is sound, 1 when it is not. Give the same series
    and limits as for the plan.
    """
    asked, answered = read_job_documents(jobs_path), read_document(plan_path)
    limits = None if limits_path is None else read_limits_document(limits_path)
    world = load_catalogue(catalogue)
    try:
        prices = price(world, read_plan(answered).horizon, series)
        verdict = judge_plan(asked, answered, world, prices=prices, limits=limits)
    except UnreadableError as error:
        raise DocumentError(rule=str(error), file=str(plan_path)) from None
    if as_json:
        print_json(_document(verdict))
    else:
        for fault in verdict.faults:
            click.echo(fault)
        click.echo(_summary(verdict, answered))
    ctx.exit(0 if verdict.is_sound else 1)


def read_job_documents(path: Path) -> list[dict[str, Any]]:
    """Return the jobs of a file as they are written; the judge reads their meaning for itself.

    The planner's reader only refuses what is no jobs file. Its reading is used for YAML and CSV alone, which
    have no documents of their own.

    Raises:
        DocumentError: the file or a job in it breaks a rule.
    """
    jobs = read_jobs(path)
    suffix = (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()
    if suffix in JSON_LINES:
        lines = read_text_bytes(path).split(b"\n")
        return [json.loads(line) for line in lines if line.strip()]
    if suffix == ".json":
        documents = json.loads(read_text_bytes(path))
        return documents if isinstance(documents, list) else [documents]
    return [job_to_document(job) for job in jobs]


def _summary(verdict: Verdict, answered: dict[str, Any]) -> str:
    counts = f"{verdict.placed:,} placed, {verdict.rejected:,} refused"
    found = f"{counts}, {verdict.objective_cny:,.2f} CNY recomputed"
    if verdict.is_sound:
        gap = answered.get("gap")
        return f"sound: {found}" + ("" if gap is None else f", proven gap {percent(gap)}")
    count = len(verdict.faults)
    return f"not sound: {count:,} fault{'s' * (count > 1)}; {found}"


def _document(verdict: Verdict) -> dict[str, Any]:
    cost = verdict.reckoning
    return {
        "sound": verdict.is_sound,
        "faults": [
            {
                "kind": fault.kind,
                "job": fault.job or None,
                "site": fault.site or None,
                "slot": fault.slot,
                "what": fault.what,
                "limit": _plain(fault.limit),
                "found": _plain(fault.found),
            }
            for fault in verdict.faults
        ],
        "placed": verdict.placed,
        "rejected": verdict.rejected,
        "objective_cny": verdict.objective_cny,
        "cost": {
            "energy_cny": cost.energy_cny,
            "carbon_cny": cost.carbon_cny,
            "network_cny": cost.network_cny,
            "rejected_value_cny": verdict.rejected_value_cny,
        },
        "carbon_kg": cost.carbon_kg,
        "energy_kwh": cost.energy_kwh,
    }


def _plain(value: object) -> object:
    """Infinity is no JSON: it is written as text, as is whatever else is no number."""
    if isinstance(value, int) or (isinstance(value, float) and abs(value) < float("inf")):
        return value
    return str(value)
