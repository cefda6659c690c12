"""A bar on a terminal, silence in a pipe."""

import sys
from types import SimpleNamespace

import pytest

from api.cli.progress import show_progress

NEWS = SimpleNamespace(phase="ascend", step=3, steps=10, objective=1234.5, gap=0.02)


def test_a_pipe_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("optimal") as tell:
        assert tell is None
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_phase_cost_and_gap(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with show_progress("optimal") as tell:
        assert tell is not None
        tell(NEWS)
    out, err = capsys.readouterr()
    assert out == ""
    assert "ascend" in err
    assert "1,234 CNY, gap 2 %" in err


def test_before_there_is_a_plan_no_cost_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with show_progress("optimal") as tell:
        assert tell is not None
        tell(SimpleNamespace(phase="ascend", step=0, steps=0, objective=float("inf"), gap=float("inf")))
    assert "CNY" not in capsys.readouterr().err
