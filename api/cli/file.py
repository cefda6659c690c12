"""Files that the command line writes: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click


def check_writable(path: Path) -> None:
    """Refuse early, before long work, what could not be written after it.

    Raises:
        click.BadParameter: the folder does not exist, or the path is a folder.
    """
    if path.is_dir():
        raise click.BadParameter(f"{str(path)!r} is a folder; name a file", param_hint="--out")
    if not path.absolute().parent.is_dir():
        raise click.BadParameter(
            f"folder {str(path.parent)!r} does not exist; make it first", param_hint="--out"
        )
    if not os.access(path.absolute().parent, os.W_OK):
        raise click.BadParameter(f"folder {str(path.parent)!r} may not be written to", param_hint="--out")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Raises:
        click.BadParameter: the path cannot be written.
        OSError: the disk says no.
    """
    check_writable(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)  # a temporary file is private; the result is an ordinary one
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
