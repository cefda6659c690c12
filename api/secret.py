"""The service's secret: from the settings, or made once and kept in a file beside a SQLite store."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from api.errors import SettingsError
from api.settings import Settings
from api.store.opening import database_at
from api.store.sqlite import SqliteDatabase

SHORTEST = 16


def find_secret(settings: Settings) -> bytes:
    """Return the secret, making it when a SQLite store has none yet.

    Raises:
        SettingsError: it is too short, or a shared database was named without one.
    """
    given = settings.secret.get_secret_value()
    if given:
        if len(given) < SHORTEST:
            raise SettingsError(f"EDWC_SECRET has {len(given)} characters; give at least {SHORTEST}")
        return given.encode()
    database = database_at(settings.store)
    if database is None:
        return secrets.token_bytes(32)
    if isinstance(database, SqliteDatabase):
        return _kept(database.path.with_name(database.path.name + ".secret"))
    raise SettingsError(
        "EDWC_SECRET is not set; every process on a shared database needs the same secret of its own making"
    )


def _kept(path: Path) -> bytes:
    """Return the secret in a file, which is made whole or not at all."""
    if not path.exists():
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.touch(mode=0o600)
        part.write_text(secrets.token_hex(32), encoding="ascii")
        try:
            os.link(part, path)  # fails where another process was first
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_text(encoding="ascii").strip().encode()
