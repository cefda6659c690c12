"""The customer's account: which service the online commands ask, with which key."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import click

from api.client import Client, JobStatus, Patience

LOCAL = "http://127.0.0.1:8000"
FILE = "login.json"
# People wait less long than programs.
PATIENCE = Patience(total_s=30.0, tries_max=7)
_JOB_ID = re.compile(r"job_[0-9a-z]{26}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Where the service is and who asks.

    Attributes:
        urls: base URLs of the same service.
        api_key: `edwc_…`, "" for none.
    """

    urls: tuple[str, ...]
    api_key: str


def account_file() -> Path:
    """Return where `edwc login` keeps the account: $XDG_CONFIG_HOME/edwc, by default ~/.config/edwc."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(base) if Path(base).is_absolute() else Path.home() / ".config"
    return folder / "edwc" / FILE


def read_account() -> Account:
    """Return the account: EDWC_URL and EDWC_API_KEY before what `edwc login` has kept.

    Raises:
        click.UsageError: the file cannot be understood.
    """
    kept = _kept(account_file())
    given = tuple(url.strip() for url in os.environ.get("EDWC_URL", "").split(",") if url.strip())
    # A key that was kept for one service is not shown to another.
    key = kept.api_key if not given or set(given) <= set(kept.urls) else ""
    return Account(urls=given or kept.urls, api_key=os.environ.get("EDWC_API_KEY", "") or key)


def _kept(path: Path) -> Account:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Account(urls=tuple(map(str, document["urls"])), api_key=str(document["api_key"]))
    except FileNotFoundError:
        return Account(urls=(LOCAL,), api_key="")
    except (ValueError, KeyError, TypeError):
        raise click.UsageError(f"{path} is no file of `edwc login`; remove it and log in again") from None


def keep_account(account: Account) -> Path:
    """Write the account to a file that only its owner can read, and return its path."""
    path = account_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps({"urls": account.urls, "api_key": account.api_key}, indent=1) + "\n"
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return path


def open_client(account: Account | None = None) -> Client:
    """Return a client of the account's service.

    Raises:
        click.UsageError: there is no key, or an address is none.
    """
    account = account or read_account()
    if not account.api_key:
        raise click.UsageError("there is no API key; run `edwc login`, or set EDWC_API_KEY")
    try:
        return Client(account.urls, account.api_key, patience=PATIENCE)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def find_job(client: Client, wanted: str) -> JobStatus:
    """Return a job by its id, or the newest of a name.

    Raises:
        click.BadParameter: there is none.
        ClientError: the service refuses or does not answer.
    """
    if _JOB_ID.fullmatch(wanted):
        return client.job(wanted)
    for job in client.jobs(name=wanted, page_size=1):
        return job
    raise click.BadParameter(f"there is no job {wanted!r}; `edwc jobs` lists them", param_hint="JOB")
