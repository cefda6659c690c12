"""edwc login."""

from __future__ import annotations

import sys

import click

from api.cli.account import LOCAL, Account, account_file, keep_account, open_client
from api.client import ForbiddenError


@click.command()
@click.option(
    "--url", "urls", multiple=True, metavar="URL", help=f"Base URL, may be repeated; {LOCAL} by default."
)
@click.option("--key", metavar="edwc_…", help="API key; asked for without an echo when left out.")
@click.option(
    "--new", metavar="NAME", help="Make a key of this name for here, with the one given (scope admin)."
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["submit", "read", "operate", "audit", "admin"]),
    default=("submit", "read"),
    show_default=True,
    help="Scope of the new key; may be repeated.",
)
def login(urls: tuple[str, ...], key: str | None, new: str | None, scopes: tuple[str, ...]) -> None:
    """Keep a service's address and an API key for the other commands, once the service has taken the key.

    A dash as --key reads it from standard input. EDWC_URL and EDWC_API_KEY come before what is kept.
    """
    if key is None:
        key = click.prompt("API key", hide_input=True, err=True)
    elif key == "-":
        key = sys.stdin.readline()
    account = Account(urls=urls or (LOCAL,), api_key=key.strip())
    with open_client(account) as client:
        try:
            tenant = client.bill().tenant
        except ForbiddenError:
            tenant = ""  # a key that may not read is a key all the same
        if new is not None:
            made = client.make_key(tenant=tenant or "default", scopes=scopes, name=new)
            account = Account(urls=account.urls, api_key=made)
    keep_account(account)
    who = f" as tenant {tenant}" if tenant else ""
    click.echo(f"logged in at {', '.join(account.urls)}{who}; kept in {account_file()}")
