"""The door itself, as a real process: quick help, honest exit codes, quiet pipes."""

import subprocess
import sys
import time
from pathlib import Path

import edwc

ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    "numpy",
    "pandas",
    "ortools",
    "numba",
    "fastapi",
    "pydantic",
    "networkx",
    "httpx",
    "topology",
    "scheduler",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edwc", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_help_is_there_at_once() -> None:
    """The best of five: what else the machine does is not the door's fault."""
    seconds = []
    while len(seconds) < 5 and min(seconds, default=1.0) >= 0.5:
        began = time.perf_counter()
        result = run("--help")
        seconds.append(time.perf_counter() - began)
        assert result.returncode == 0
        assert all(name in result.stdout for name in edwc.COMMANDS)
    assert min(seconds) < 0.5


def test_help_imports_nothing_heavy() -> None:
    code = "import edwc, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not set(HEAVY) & set(result.stdout.split())


def test_every_command_says_what_it_does() -> None:
    for name, (_, words) in edwc.COMMANDS.items():
        command = edwc.main.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert command.help, name
        assert words.endswith("."), name


def test_a_command_that_does_not_exist_is_bad_usage_in_one_line() -> None:
    result = run("paln")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "'paln'" in result.stderr


def test_an_option_that_does_not_exist_is_bad_usage_in_one_line() -> None:
    result = run("route", "--frm", "shanghai")
    assert result.returncode == 2
    assert result.stderr.startswith("edwc route: ")
    assert result.stderr.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_reason_to_complain() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "edwc", "catalogue", "export"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141


def test_the_version_is_told() -> None:
    assert run("--version").stdout.startswith("edwc, version ")
