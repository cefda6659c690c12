"""`edwc admin` and the settings behind `edwc serve`."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from api import bootstrap
from api.bootstrap import prepare_store
from api.errors import SettingsError
from api.secret import find_secret
from api.settings import Settings
from api.store import UnavailableError
from edwc import main
from tests.api.http.places import NOON


def edwc(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture(autouse=True)
def usual_logs() -> Iterator[None]:
    """A command sets up its logs; the next test shall not write to them."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path / 'edwc.db'}"
    assert edwc("admin", "migrate", "--store", address).exit_code == 0
    assert edwc("admin", "tenant", "film", "--budget", "100.50", "--store", address).exit_code == 0
    return address


def test_an_operator_makes_a_tenant_and_a_key(url: str) -> None:
    listed = edwc("admin", "tenant", "--store", url)
    assert "film" in listed.stdout
    assert "100.50" in listed.stdout
    made = edwc("admin", "key", "--tenant", "film", "--scope", "read", "--store", url)
    prefix = made.stdout.split("_")[1]
    assert prefix in edwc("admin", "key", "--list", "--store", url).stdout
    assert edwc("admin", "key", "--revoke", prefix, "--store", url).exit_code == 0
    checked = edwc("admin", "verify-audit", "--store", url)
    assert checked.exit_code == 0
    assert checked.stdout.startswith("3 rows, sound")
    told = json.loads(edwc("admin", "verify-audit", "--json", "--store", url).stdout)
    assert told["head"]["number"] == 3
    assert told["head"]["digest"] in checked.stdout


def test_an_edit_of_the_audit_chain_is_found(url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "edwc.db") as database:
        database.execute("UPDATE audit SET target = 'other'")
    database.close()
    found = edwc("admin", "verify-audit", "--store", url)
    assert found.exit_code == 1
    assert "was edited" in found.stdout


def test_a_store_is_copied_and_put_back(url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert edwc("admin", "backup", str(copy), "--store", url).exit_code == 0
    edwc("admin", "tenant", "later", "--store", url)
    assert edwc("admin", "restore", str(copy), "--store", url).exit_code == 0
    assert "later" not in edwc("admin", "tenant", "--store", url).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("tenant", "No Such"),
        ("tenant", "film", "--budget", "much"),
        ("key", "--tenant", "nobody"),
        ("key", "--revoke", "aaaaaaaaaaaa"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(url: str, words: tuple[str, ...]) -> None:
    done = edwc("admin", *words, "--store", url)
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_store_that_is_none_is_one_line_and_exit_2() -> None:
    done = edwc("serve", "--store", "mysql://here")
    assert done.exit_code == 2
    assert "mysql is no kind of store" in done.stderr


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDWC_BATCH_MAX", "lots")
    done = edwc("serve")
    assert done.exit_code == 2
    assert "EDWC_BATCH_MAX" in done.stderr


def test_the_secret_of_a_file_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = Settings(store=f"sqlite:///{tmp_path / 'edwc.db'}")
    first = find_secret(settings)
    assert find_secret(settings) == first
    (kept,) = tmp_path.glob("*.secret")
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "settings", [Settings(store="postgresql://here/edwc"), Settings(store="memory://", secret="short")]
)
def test_a_shared_store_needs_a_secret_worth_the_name(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="EDWC_SECRET"):
        find_secret(settings)


def test_a_server_that_is_not_up_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two refusals and then it stands; one that never stands is told after the time that was set."""
    answers = [UnavailableError("not yet"), UnavailableError("not yet"), None]

    def migrate(url: str, *, now: datetime) -> None:
        assert url.startswith("postgresql://")
        answer = answers.pop(0) if answers else UnavailableError("never")
        if answer is not None:
            raise answer

    monkeypatch.setattr(bootstrap, "migrate", migrate)
    monkeypatch.setattr(bootstrap, "STORE_PAUSE_SECONDS", 0.01)
    prepare_store(Settings(store="postgresql://here/edwc", secret="s" * 40), NOON)
    assert not answers
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="never"):
        prepare_store(Settings(store="postgresql://here/edwc", store_wait_seconds=0.05), NOON)
    assert time.monotonic() - began < 5
