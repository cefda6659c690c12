"""Whatever goes wrong becomes one line and one exit code."""

import click
import pytest

from api.cli.failure import exit_for
from scheduler.judge import UnreadableError
from topology import UnknownPlace


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UnknownPlace("zhonwei", ["zhongwei"]), 2, "zhongwei"),
        (UnreadableError("plan.placements: missing"), 2, "plan.placements"),
        (FileNotFoundError(2, "No such file or directory", "jobs.jsonl"), 2, "jobs.jsonl: No such file"),
        (click.UsageError("no such option: --x"), 2, "--x"),
        (click.Abort(), 130, ""),
        (KeyError("x\ny"), 70, "a bug of ours: KeyError"),
    ],
)
def test_each_kind_has_its_code(
    error: Exception,
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EDWC_DEBUG", raising=False)
    assert exit_for(error) == code
    written = capsys.readouterr().err
    assert said in written
    assert written.count("\n") == (1 if said else 0)


def test_a_bug_shows_its_traceback_on_demand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDWC_DEBUG", "1")
    assert exit_for(KeyError("x")) == 70
    assert "KeyError" in capsys.readouterr().err
