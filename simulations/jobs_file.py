"""The jobs file that this package writes: JSON Lines, whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from scheduler import Job, job_to_document
from simulations.errors import WriteError


def check_name(path: Path) -> None:
    """Refuse a name that the jobs would not be read back from, before any work is done.

    Raises:
        WriteError: it does not end in .jsonl, or its folder is missing.
    """
    if path.suffix.lower() != ".jsonl":
        raise WriteError(f"{path}: must end in .jsonl; jobs are written as JSON Lines")
    if not path.parent.is_dir():
        raise WriteError(f"{path}: its folder does not exist; make it first")


def write_jobs(path: Path, jobs: Iterable[Job]) -> int:
    """Write one job a line, in order, and return how many there were.

    The file appears under its name only when it is whole: it is written beside it and then renamed.

    Raises:
        WriteError: the name does not end in .jsonl, or the folder cannot be written to.
    """
    check_name(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}") from error
    beside = Path(name)
    count = 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            for job in jobs:
                document = job_to_document(job)
                stream.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
                count += 1
        beside.chmod(0o666 & ~_umask())
        beside.replace(path)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return count


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
