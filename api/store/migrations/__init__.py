"""How a database comes to its present shape: numbered steps, forward only, each in one transaction.

A step is a file `NNNN_name.sql` beside this one. `{text}` becomes the dialect's type for text that compares
by bytes, `{seq}` the one for a growing number that is a key. Steps already taken are never edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources

from api.store.database import Connection
from api.store.errors import WrongSchemaError

_RECORD = (
    "CREATE TABLE IF NOT EXISTS migrations "
    "(number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One numbered step."""

    number: int
    name: str
    sql: str

    def statements(self, dialect: dict[str, str]) -> list[str]:
        """The step's statements in a dialect."""
        text = "\n".join(line for line in self.sql.splitlines() if not line.startswith("--"))
        for name, meaning in dialect.items():
            text = text.replace(f"{{{name}}}", meaning)
        return [part.strip() for part in text.split(";") if part.strip()]


@cache
def migrations() -> tuple[Migration, ...]:
    """All steps, in order."""
    files = sorted(f.name for f in resources.files(__package__).iterdir() if f.name.endswith(".sql"))
    return tuple(
        Migration(
            number=int(name[:4]),
            name=name[5:-4],
            sql=resources.files(__package__).joinpath(name).read_text(encoding="utf-8"),
        )
        for name in files
    )


def bring_forward(
    connection: Connection, dialect: dict[str, str], now: datetime, steps: tuple[Migration, ...] | None = None
) -> tuple[Migration, ...]:
    """Take the steps that are missing, safe beside a running service and beside others doing the same.

    Returns:
        The steps taken now.

    Raises:
        WrongSchemaError: The database is newer than this program.
    """
    steps = migrations() if steps is None else steps
    connection.begin()
    try:
        connection.run(_RECORD)
        taken = _numbers(connection)
        _refuse_newer(taken, steps)
        missing = tuple(step for step in steps if step.number not in taken)
        for step in missing:
            for statement in step.statements(dialect):
                connection.run(statement)
            connection.run(
                "INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)",
                (step.number, step.name, now.isoformat()),
            )
        connection.commit(0)
    except BaseException:
        connection.rollback()
        raise
    return missing


def require_current(connection: Connection, where: str) -> None:
    """Refuse a database that this program cannot work with.

    Raises:
        WrongSchemaError: It is newer than the program, or steps are missing.
    """
    taken = _numbers(connection)
    _refuse_newer(taken, migrations())
    missing = [step for step in migrations() if step.number not in taken]
    if missing:
        raise WrongSchemaError(
            f"store {where} lacks migration {missing[0].number} ({missing[0].name}); run `edwc admin migrate`"
        )


def _numbers(connection: Connection) -> set[int]:
    return {int(number or 0) for (number,) in connection.run("SELECT number FROM migrations")}


def _refuse_newer(taken: set[int], steps: tuple[Migration, ...]) -> None:
    newest = max((step.number for step in steps), default=0)
    if taken and max(taken) > newest:
        raise WrongSchemaError(
            f"the database has migration {max(taken)} and this program knows up to {newest}; "
            "run the newer program"
        )
