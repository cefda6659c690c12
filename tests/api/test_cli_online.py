"""The customer's half of the command line, against the real service on loopback."""

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import edwc
from api.cli.account import account_file, read_account
from api.client import Client
from tests.api.client.street import Street
from topology import load_catalogue

Edwc = Callable[..., Result]
JOB = {"name": "train", "demand": {"cpu_cores": 4, "memory_gib": 8}, "variants": [{"runtime_minutes": 30}]}


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    place = Street(load_catalogue("china"), doors=2)
    yield place
    place.close()


@pytest.fixture
def run(street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edwc:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("EDWC_URL", ",".join(street.urls))
    monkeypatch.setenv("EDWC_API_KEY", street.key)

    def command(*arguments: object, stdin: str | None = None) -> Result:
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(edwc.main, words, input=stdin, catch_exceptions=False)

    return command


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    path = tmp_path / "job.json"
    path.write_text(json.dumps(JOB))
    return path


def test_login_keeps_a_key_that_the_service_takes_where_only_its_owner_reads_it(
    run: Edwc, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EDWC_URL", "EDWC_API_KEY"):
        monkeypatch.delenv(name)
    result = run("login", "--url", street.urls[0], "--key", "-", stdin=street.key + "\n")
    assert result.exit_code == 0, result.output
    assert "as tenant default" in result.stdout
    assert street.key not in result.output
    assert stat.S_IMODE(account_file().stat().st_mode) == 0o600
    assert run("jobs").exit_code == 0
    monkeypatch.setenv("EDWC_URL", "http://127.0.0.1:9")
    assert read_account().api_key == ""  # a key is not shown to another service


def test_login_keeps_nothing_the_service_refuses(run: Edwc, street: Street) -> None:
    result = run("login", "--url", street.urls[0], "--key", "edwc_" + "a" * 12 + "_" + "b" * 32)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert not account_file().exists()


def test_login_makes_a_key_of_its_own(run: Edwc, street: Street) -> None:
    assert run("login", "--url", street.urls[0], "--key", street.key, "--new", "laptop").exit_code == 0
    kept = json.loads(account_file().read_text())["api_key"]
    assert kept != street.key
    with Client(street.urls, kept) as client:
        assert client.sites()


def test_without_a_key_one_line_says_what_to_do(run: Edwc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDWC_API_KEY")
    result = run("jobs")
    assert result.exit_code == 2
    assert "edwc login" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_job_is_submitted_shown_explained_and_cancelled(run: Edwc, job_file: Path) -> None:
    accepted = json.loads(run("submit", job_file, "--json").stdout)[0]
    assert accepted["state"] == "queued"
    shown = run("show", accepted["id"])
    assert shown.exit_code == 0
    assert "queued" in shown.stdout
    assert "train" in run("explain", "train").stdout
    listed = run("jobs", "--name", "train", "--state", "queued")
    assert accepted["id"] in listed.stdout
    cancelled = run("cancel", accepted["id"])
    assert cancelled.exit_code == 0
    assert "cancelled" in cancelled.stdout
    assert run("wait", accepted["id"]).exit_code == 1  # it has not succeeded


def test_a_quote_is_a_menu_and_its_offer_is_taken(run: Edwc, job_file: Path) -> None:
    assert "cheapest" in run("quote", job_file).stdout
    menu = json.loads(run("quote", job_file, "--json").stdout)
    offer = next(offer for offer in menu["offers"] if offer["choice"] == "greenest")
    taken = json.loads(run("submit", job_file, "--offer", offer["id"], "--json").stdout)[0]
    assert taken["quote"] == offer["id"]
    again = run("submit", job_file, "--offer", offer["id"])
    assert again.exit_code == 2
    assert "quote" in again.stderr


def test_a_job_that_no_site_can_take_gets_no_quote(run: Edwc, tmp_path: Path) -> None:
    path = tmp_path / "lunar.json"
    path.write_text(json.dumps({**JOB, "name": "lunar", "residency": {"tags": ["moon"]}}))
    result = run("quote", path)
    assert result.exit_code == 1
    assert "MISSING_TAG" in result.stdout


def test_a_file_is_submitted_twice_under_one_key_and_stored_once(
    run: Edwc, tmp_path: Path, street: Street
) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({**JOB, "name": f"many-{number}"}) + "\n" for number in range(5)))
    first = json.loads(run("submit", path, "--idempotency-key", "k1", "--json").stdout)
    again = json.loads(run("submit", path, "--idempotency-key", "k1", "--json").stdout)
    assert first == again
    assert sum(name.startswith("many-") for name in street.stored_names().values()) == 5


def test_waiting_has_an_end(run: Edwc, job_file: Path) -> None:
    name = json.loads(run("submit", job_file, "--json").stdout)[0]["id"]
    result = run("wait", name, "--timeout", 0.3)
    assert result.exit_code == 1
    assert "not all ended within 0.3 s" in result.stderr


@pytest.mark.parametrize("command", ["jobs", "sites", "bill", "top"])
def test_every_table_has_its_json(run: Edwc, command: str) -> None:
    assert run(command).exit_code == 0
    assert json.loads(run(command, "--json").stdout) is not None


def test_a_bill_is_also_csv(run: Edwc) -> None:
    assert run("bill", "--csv").stdout.startswith("month,job,name,")
    assert run("bill", "--month", "2026-13").exit_code == 2


@pytest.mark.parametrize(
    "command", [("show", "nobody"), ("cancel", "nobody"), ("wait", "nobody"), ("explain", "nobody")]
)
def test_a_job_that_is_not_there_is_bad_input(run: Edwc, command: tuple[str, str]) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert "'nobody'" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_plan_without_its_jobs_is_bad_usage(run: Edwc, tmp_path: Path) -> None:
    result = run("explain", "x", "--plan", tmp_path / "plan.json")
    assert result.exit_code == 2
    assert "--jobs" in result.stderr


def test_a_service_that_is_not_there_is_told_in_one_line(run: Edwc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDWC_URL", "http://127.0.0.1:9")
    result = run("sites")
    assert result.exit_code == 2
    assert "no answer to GET /v1/sites from http://127.0.0.1:9" in result.stderr
