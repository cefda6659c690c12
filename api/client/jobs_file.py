"""Jobs files, as the client sends them: JSON Lines, JSON and YAML. What a job may say is the service's to check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.client.errors import JobsFileError

_LINES = (".jsonl", ".ndjson")
_YAML = (".yaml", ".yml")


def read_job_documents(path: Path | str) -> list[dict[str, Any]]:
    """Return the jobs of a file as they are written, in its order.

    Raises:
        JobsFileError: it holds something else than jobs, or none; one line naming file, line and rule.
        OSError: it cannot be read.
    """
    path = Path(path)
    read = {**dict.fromkeys(_LINES, _lines), **dict.fromkeys(_YAML, _yaml), ".json": _json}.get(
        path.suffix.lower()
    )
    if read is None:
        raise JobsFileError(f"{path}: the name must end in .jsonl, .ndjson, .json, .yaml or .yml")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise JobsFileError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    jobs = list(read(text, str(path)))
    if not jobs:
        raise JobsFileError(f"{path}: holds no job; it must hold at least one")
    return jobs


def _lines(text: str, file: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line and not line.isspace():
            yield from _checked(_parsed(line, f"{file}, line {number}"), f"{file}, line {number}")


def _json(text: str, file: str) -> Iterator[dict[str, Any]]:
    yield from _checked(_parsed(text, file), file)


def _yaml(text: str, file: str) -> Iterator[dict[str, Any]]:
    import yaml  # noqa: PLC0415  (wanted for such files only)

    try:
        for document in yaml.safe_load_all(text):
            # Through JSON, so that an instant that YAML has read is text again.
            yield from _checked(json.loads(json.dumps(document, default=_plain)), file)
    except (yaml.YAMLError, TypeError) as error:
        raise JobsFileError(f"{file}: is no YAML of jobs: {' '.join(str(error).split())}") from None


def _plain(value: Any) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise TypeError(f"{value!r} is no value of JSON")


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise JobsFileError(f"{where}: is no JSON: {error}") from None


def _checked(document: Any, where: str) -> Iterator[dict[str, Any]]:
    items = document if isinstance(document, list) else [document]
    for item in items:
        if not isinstance(item, dict):
            raise JobsFileError(f"{where}: {str(item)[:40]!r} is no job; a job is written in {{ }}")
        yield item
