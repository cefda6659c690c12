"""Attic: where the local backend keeps the files of old attempts, until nobody will ask for them any more."""

from __future__ import annotations

import shutil
from collections.abc import Container
from pathlib import Path

from api.dispatch.runner import CLAIM, RESULT

CLEAN_SECONDS = 600.0
AT_ONCE = 200


class Attic:
    """Cleans away folders of attempts that are over and have not been touched for long, a few now and again.

    A job's fence and its checkpoint stay twice as long.
    """

    def __init__(self, root: Path, *, keep_hours: float) -> None:
        """Take the backend's root, and how long folders stay."""
        self._root = root
        self._keep_seconds = keep_hours * 3600
        self._cleaned_at = 0.0

    def clean(self, *, keep: Container[str], now: float) -> list[str]:
        """Clean if it is time to; names of the attempts that are gone.

        Args:
            keep: attempts that are still asked about.
            now: seconds since 1970, as files are dated.
        """
        if now - self._cleaned_at < CLEAN_SECONDS:
            return []
        self._cleaned_at = now
        gone: list[str] = []
        for folder in sorted((self._root / "attempts").iterdir()):
            if len(gone) >= AT_ONCE:
                self._cleaned_at = 0.0  # there is more: go on at the next occasion
                break
            if folder.name not in keep and self._is_old(folder, now) and _is_over(folder):
                shutil.rmtree(folder, ignore_errors=True)
                gone.append(folder.name)
        for kind in ("fences", "checkpoints"):
            for old in (self._root / kind).glob("*"):
                if self._is_old(old, now - self._keep_seconds):
                    shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
        return gone

    def _is_old(self, path: Path, now: float) -> bool:
        try:
            newest = max((each.stat().st_mtime for each in (path, *path.glob("*"))), default=now)
        except OSError:
            return False
        return now - newest > self._keep_seconds


def _is_over(folder: Path) -> bool:
    """Whether a folder holds an outcome, or no runner's claim: simulated time, or a start that never came."""
    return (folder / RESULT).exists() or not (folder / CLAIM).exists()
