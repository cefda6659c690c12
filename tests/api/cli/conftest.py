"""The command line as a user meets it, in this process."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

import edwc

Edwc = Callable[..., Result]


@pytest.fixture
def run() -> Edwc:
    """Runs one command; standard output and standard error are kept apart."""

    def run_command(*arguments: object) -> Result:
        return CliRunner().invoke(
            edwc.main, [str(argument) for argument in arguments], catch_exceptions=False
        )

    return run_command
