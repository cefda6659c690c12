"""The commands about scenarios as a user meets them, in this process, on forty jobs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import edwc
from tests.simulations.scenario.tiny import write, write_tiny

Edwc = Callable[..., Result]


def run_command(*arguments: object, typed: str | None = None) -> Result:
    words = ["whatif", *(str(argument) for argument in arguments)]
    return CliRunner().invoke(edwc.main, words, input=typed, catch_exceptions=False)


@pytest.fixture(scope="session")
def run() -> Edwc:
    """Runs one command; standard output and standard error are kept apart."""
    return run_command


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny.toml, the same held to the east, and both outcomes."""
    folder = tmp_path_factory.mktemp("whatif")
    tiny = write_tiny(folder)
    east = write(folder, "east", 'parent = "tiny.toml"\ntitle = "East"\n[placement]\nregion = ["east"]\n')
    for name in (tiny, east):
        result = run_command("run", name, "--out", folder / f"out-{Path(name).stem}")
        assert result.exit_code == 0, result.stderr
    return folder
