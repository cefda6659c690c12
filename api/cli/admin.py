"""`edwc admin`: tenants, keys and the store itself, on the machine where the store is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from api.cli.choice import JSON, read_instant
from api.cli.drill import drill
from api.cli.serve import STORE, settings_of
from api.cli.table import Column, Table, print_json

if TYPE_CHECKING:
    from api.store import Store

T = TypeVar("T")
ACTOR = "edwc admin"
SCOPES = ("submit", "read", "operate", "audit", "admin")


@click.group()
def admin() -> None:
    """Look after tenants, keys, the store and its audit chain."""


admin.add_command(drill)


@admin.command()
@STORE
def migrate(store: str | None) -> None:
    """Bring the store to the present shape; safe while the service runs."""
    from api.store import migrate as bring_forward  # noqa: PLC0415

    steps = bring_forward(settings_of(store=store).store, now=_now())
    for step in steps:
        click.echo(f"migrated: {step.number} {step.name}")
    if not steps:
        click.echo("the store is of the present shape")


@admin.command()
@STORE
@click.argument("target", type=click.Path(path_type=Path))
def backup(store: str | None, target: Path) -> None:
    """Write a consistent copy of a SQLite store to TARGET, while the service runs."""
    from api.store.backup import backup as copy  # noqa: PLC0415

    copy(settings_of(store=store).store, target)
    click.echo(f"wrote {target}")


@admin.command()
@STORE
@click.argument("source", type=click.Path(path_type=Path))
def restore(store: str | None, source: Path) -> None:
    """Put a copy back as the SQLite store. Nothing may be using it."""
    from api.store.backup import restore as put_back  # noqa: PLC0415

    put_back(settings_of(store=store).store, source)
    click.echo(f"restored {source}")


@admin.command(name="verify-audit")
@STORE
@JSON
def verify_audit(store: str | None, as_json: bool) -> None:
    """Read the whole audit chain and report any edit, gap, reordering or cut; exit 1 if there is one."""
    from api.store import verify_audit as verify  # noqa: PLC0415

    verdict = _with_store(store, verify)
    if as_json:
        head = {"number": verdict.head.number, "digest": verdict.head.digest}
        found = {"sound": verdict.sound, "rows": verdict.rows, "head": head, "faults": list(verdict.faults)}
        print_json(found)
    else:
        click.echo(
            f"{verdict.rows} rows, {'sound' if verdict.sound else 'not sound'}; head {verdict.head.digest}"
        )
        for fault in verdict.faults:
            click.echo(f"  {fault}")
    if not verdict.sound:
        click.get_current_context().exit(1)


@admin.command()
@STORE
@JSON
@click.argument("name", required=False)
@click.option("--weight", type=click.FloatRange(0, min_open=True), help="Fair share when capacity is short.")
@click.option("--jobs-max", type=click.IntRange(0), help="Live jobs it may have.")
@click.option("--budget", "budget", metavar="CNY", help="Budget of a month.")
@click.option("--suspend/--resume", default=None, help="Refuse its keys, or take them again.")
def tenant(name: str | None, as_json: bool, store: str | None, **given: Any) -> None:
    """List tenants; or, with NAME, make or change one."""
    from api.administration import list_tenants, set_tenant  # noqa: PLC0415

    if name is not None:
        fields = {key: value for key, value in given.items() if value is not None}
        rows = [_with_store(store, lambda at, _: set_tenant(at, name, fields, actor=ACTOR, now=_now()))]
    else:
        rows = _with_store(store, lambda at, _: list_tenants(at))
    columns = (
        Column(name="name", heading="tenant"),
        Column(name="weight", heading="weight"),
        Column(name="jobs_max", heading="live jobs at most"),
        Column(name="budget_cny_per_month", heading="CNY a month"),
        Column(name="suspended", heading="suspended"),
    )
    budgets = [None if each.budget_cny_per_month is None else str(each.budget_cny_per_month) for each in rows]
    values = [
        (each.name, each.weight, each.jobs_max, budget, each.suspended)
        for each, budget in zip(rows, budgets, strict=True)
    ]
    _show(Table(columns=columns, rows=values), as_json)


@admin.command()
@STORE
@JSON
@click.option("--tenant", "tenant_name", default="default", show_default=True)
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="Repeatable; all when left out."
)
@click.option("--name", default="", help="What it is for.")
@click.option("--expires", "expires_at", metavar="ISO", callback=read_instant, help="When it stops working.")
@click.option("--list", "listing", is_flag=True, help="List keys instead of making one.")
@click.option("--revoke", metavar="PREFIX", help="Revoke a key instead of making one.")
def key(  # noqa: PLR0917
    store: str | None,
    as_json: bool,
    tenant_name: str,
    scopes: tuple[str, ...],
    name: str,
    expires_at: datetime | None,
    listing: bool,
    revoke: str | None,
) -> None:
    """Make a key and print it, once; or list or revoke keys."""
    from api.administration import list_keys, make_key, revoke_key  # noqa: PLC0415

    if revoke is not None:
        _with_store(store, lambda at, _: revoke_key(at, revoke, actor=ACTOR, now=_now()))
        click.echo(f"revoked {revoke}")
        return
    if listing:
        keys = _with_store(store, lambda at, _: list_keys(at))
        columns = tuple(Column(name=each, heading=each.replace("_", " ")) for each in _KEY_FIELDS)
        values = [tuple(_shown(getattr(each, field)) for field in _KEY_FIELDS) for each in keys]
        _show(Table(columns=columns, rows=values), as_json)
        return
    new = _with_store(
        store,
        lambda at, secret: make_key(
            at,
            secret,
            tenant=tenant_name,
            scopes=scopes or SCOPES,
            name=name,
            expires_at=expires_at,
            actor=ACTOR,
            now=_now(),
        ),
    )
    if as_json:
        print_json({"key": new.text})
    else:
        click.echo(new.text)


_KEY_FIELDS = ("prefix", "tenant", "scopes", "name", "created_at", "expires_at", "revoked_at")


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return " ".join(value) if isinstance(value, tuple) else value


def _show(table: Table, as_json: bool) -> None:
    if as_json:
        print_json(table.documents())
    else:
        click.echo(table.text())


def _with_store(url: str | None, act: Callable[[Store, bytes], Awaitable[T]]) -> T:
    """Return what `act` does with the store and the service's secret."""
    from api.secret import find_secret  # noqa: PLC0415
    from api.store import open_store  # noqa: PLC0415

    settings = settings_of(store=url)
    secret = find_secret(settings)

    async def run() -> T:
        opened = open_store(settings.store, secret=secret)
        try:
            return await act(opened, secret)
        finally:
            await opened.close()

    return asyncio.run(run())


def _now() -> datetime:
    return datetime.now(UTC)
