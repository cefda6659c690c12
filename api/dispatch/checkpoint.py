"""Checkpoints: folders, one a job, in which work keeps what it needs to go on with later."""

from __future__ import annotations

import asyncio
from pathlib import Path

from api.dispatch.errors import BackendSilent

OPEN_TO_ALL = 0o777  # work in containers is whatever user its image says; it sees no folder but its own


async def make_checkpoint(folder: Path) -> None:
    """Make the folder of a job, in one that must be there.

    Raises:
        BackendSilent: it cannot be made now, as when its disk is not mounted.
    """
    try:
        await asyncio.to_thread(_make, folder)
    except OSError as error:
        raise BackendSilent(
            f"checkpoint {folder}: {error.strerror}; mount or make {folder.parent}"
        ) from error


def _make(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(OPEN_TO_ALL)
