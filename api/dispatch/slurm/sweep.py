"""Sweeping a Slurm site's shared folder: papers of attempts that were settled long ago."""

from __future__ import annotations

import shutil
from collections.abc import Container
from datetime import datetime
from pathlib import Path

from api.dispatch.broom import AT_ONCE
from api.dispatch.slurm.papers import Papers


def sweep(root: Path, *, keep: Container[str], before: datetime, now: datetime) -> list[str]:
    """Remove papers of attempts that were settled before an instant; their names.

    An attempt that was never settled stays, however old. A job's fence and checkpoint stay twice as long.

    Args:
        root: the site's folder.
        keep: attempts that are still asked about.
        before: what was settled earlier may go.
        now: present.
    """
    gone: list[str] = []
    desks = root / "desk"
    for desk in sorted(desks.iterdir()) if desks.is_dir() else ():
        if len(gone) >= AT_ONCE:
            break
        if desk.name not in keep and _older(desk / "settled.json", before):
            papers = Papers(root, desk.name)
            shutil.rmtree(papers.folder, ignore_errors=True)
            shutil.rmtree(papers.desk, ignore_errors=True)
            gone.append(desk.name)
    long_before = before - (now - before)
    for old in (*(root / "fences").glob("*"), *(root / "checkpoints").glob("*")):
        if _untouched(old, long_before):
            shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
    return gone


def _older(path: Path, before: datetime) -> bool:
    try:
        return path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _untouched(path: Path, before: datetime) -> bool:
    """Whether neither a file nor, in a folder, anything right below it has changed since."""
    within = path.glob("*") if path.is_dir() else ()
    return all(_older(each, before) for each in (path, *within))
