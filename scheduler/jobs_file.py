"""Jobs files: JSON Lines, JSON, YAML and CSV, plain or packed, into jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from scheduler import csv_jobs, yaml_jobs
from scheduler.document import job_adapter, job_fault, jobs_adapter
from scheduler.errors import DocumentError, shorten
from scheduler.job import Job
from scheduler.text_file import read_text_bytes

FORMATS = (".jsonl", ".ndjson", ".json", ".yaml", ".yml", ".csv")

_Numbered = tuple[Job, int | None]
_Read = tuple[Job | DocumentError, int | None]


def read_jobs(path: Path | str, *, skip: Callable[[DocumentError], None] | None = None) -> tuple[Job, ...]:
    """Return the jobs of a file, in its order.

    The format follows the name: .jsonl (one job a line), .json (one job or a list), .yaml (one job, a list
    or several documents), .csv (flat jobs), each also packed as .gz. At most 512 MiB of text is read.

    Args:
        path: of the file.
        skip: told of every job that breaks a rule, which is then left out, and so that names may be there twice;
            without it the first is raised.

    Raises:
        DocumentError: the file or a job in it breaks a rule; the error is one line naming file, line, field,
            value and rule.
    """
    path = Path(path)
    suffix = (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()
    if suffix not in FORMATS:
        raise DocumentError(
            rule=f"the name must end in {', '.join(FORMATS)} (or these with .gz)", file=str(path)
        )
    content = read_text_bytes(path)
    read = {".json": _json, ".yaml": _yaml, ".yml": _yaml, ".csv": _csv}.get(suffix, _json_lines)
    numbered: list[_Numbered] = []
    for job, line in read(content, str(path)):
        if not isinstance(job, DocumentError):
            numbered.append((job, line))
        elif skip is None:
            raise job from None
        else:
            skip(job)
    if not numbered:
        raise DocumentError(rule="holds no job that can be read; it must hold at least one", file=str(path))
    if skip is None:
        _check_names(numbered, str(path))
    return tuple(job for job, _ in numbered)


def _json_lines(content: bytes, file: str) -> Iterator[_Read]:
    lines = enumerate(content.split(b"\n"), start=1)
    return _validated(((text, line) for line, text in lines if text and not text.isspace()), file)


def _json(content: bytes, file: str) -> Iterator[_Read]:
    if content.lstrip().startswith(b"{"):
        yield from _validated([(content, None)], file)
        return
    try:
        jobs = jobs_adapter().validate_json(content)
    except ValidationError as error:
        yield job_fault(error, file=file), None
        return
    yield from ((job, None) for job in jobs)


def _yaml(content: bytes, file: str) -> Iterator[_Read]:
    return _documents(yaml_jobs.read_documents(content, file), file)


def _csv(content: bytes, file: str) -> Iterator[_Read]:
    return _documents(csv_jobs.read_documents(content, file), file)


def _documents(documents: Iterator[tuple[object, int]], file: str) -> Iterator[_Read]:
    return _validated(((json.dumps(document), line) for document, line in documents), file)


def _validated(texts: Iterable[tuple[bytes | str, int | None]], file: str) -> Iterator[_Read]:
    """Yield the job of each text, or what is wrong with it."""
    validate = job_adapter().validate_json
    for text, line in texts:
        try:
            yield validate(text), line
        except ValidationError as error:
            yield job_fault(error, file=file, line=line), line


def _check_names(numbered: list[_Numbered], file: str) -> None:
    """Check that no two jobs share a name: it is their key in the plan."""
    seen: dict[str, int] = {}
    for position, (job, line) in enumerate(numbered):
        first = seen.setdefault(job.name, position)
        if first != position:
            before = numbered[first][1]
            where = f"entry {first + 1}" if before is None else f"line {before}"
            field = f"[{position}].name" if line is None else "name"
            rule = f"is taken by {where}; job names must differ"
            raise DocumentError(rule=rule, file=file, line=line, field=field, value=shorten(job.name))
