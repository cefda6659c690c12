"""edwc submit."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.account import open_client
from api.cli.choice import JSON
from api.cli.job_table import echo_jobs, print_models
from api.cli.wait import finish, wait_and_show
from api.client import ConflictError
from scheduler import job_to_document, read_jobs


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="JOB.yaml...")
@click.option(
    "--offer", default="", metavar="ID", help="Id of a quote's offer: the job is billed at most its price."
)
@click.option(
    "--wait", "waits", is_flag=True, help="Wait until every job has ended; exit 1 unless all succeeded."
)
@click.option(
    "--idempotency-key",
    default="",
    metavar="KEY",
    help="Repeat a submission under its key: nothing is doubled.",
)
@JSON
@click.pass_context
def submit(
    ctx: click.Context,
    *,
    files: tuple[Path, ...],
    offer: str,
    waits: bool,
    idempotency_key: str,
    as_json: bool,
) -> None:
    """Submit the jobs of files (JSON Lines, JSON, YAML, CSV). Once this says so, they are stored, each once.

    Exit 1 when a budget or quota does not allow them.
    """
    documents = [job_to_document(job) for path in files for job in read_jobs(path)]
    if offer and len(documents) != 1:
        raise click.UsageError(f"an offer is for one job; the files hold {len(documents)}")
    with open_client() as client:
        try:
            if len(documents) == 1:
                ids = [client.submit(documents[0], offer=offer, idempotency_key=idempotency_key).id]
            else:
                receipts = client.submit_many(documents, idempotency_key=idempotency_key)
                ids = [receipt.id for receipt in receipts]
        except ConflictError as no:
            accepted = f"; {len(no.accepted)} were accepted before" if no.accepted else ""
            click.echo(f"refused: {no}{accepted}", err=True)
            ctx.exit(1)
        if waits:
            ctx.exit(finish(wait_and_show(client, ids, timeout_s=None), as_json=as_json))
        if as_json:
            print_models(receipts if len(documents) > 1 else [client.job(ids[0])])
        elif len(ids) == 1:
            echo_jobs([client.job(ids[0])])
        else:
            click.echo(f"{len(ids):,} jobs accepted, {ids[0]} to {ids[-1]}")
