"""The written form of jobs: documents with exactly the fields of `Job`, nothing unknown, nothing coerced."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from scheduler.dataset import Input, Output
from scheduler.demand import Demand, Variant
from scheduler.errors import DocumentError, JobError, nearest_names, shorten
from scheduler.interruptible import Interruptible
from scheduler.job import Job
from scheduler.residency import Residency

Document = dict[str, Any]

_PARTS: dict[str, type] = {
    "": Job,
    "demand": Demand,
    "variants": Variant,
    "inputs": Input,
    "outputs": Output,
    "residency": Residency,
    "interruptible": Interruptible,
}

_RULES = {
    "float_type": "must be a number, unquoted",
    "int_type": "must be a whole number, unquoted",
    "int_from_float": "must be a whole number",
    "finite_number": "must be a finite number; NaN and infinity are refused",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list in [ ]",
    "list_type": "must be one job in { } or a list of jobs in [ ]",
    "mapping_type": "must be an object in { }",
    "dict_type": "must be an object in { }",
    "dataclass_type": "must be an object in { }",
    "too_short": "has too few entries",
    "too_long": "has too many entries",
}
_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
_INSTANT_RULE = "must be an instant with its offset, such as 2026-07-01T09:00:00+08:00"


@cache
def job_adapter() -> TypeAdapter[Job]:
    """Return the validator of one job."""
    return TypeAdapter(Job)


@cache
def jobs_adapter() -> TypeAdapter[list[Job]]:
    """Return the validator of a list of jobs."""
    return TypeAdapter(list[Job])


def job_from_document(document: Mapping[str, Any]) -> Job:
    """Return the job a document describes.

    Raises:
        DocumentError: it breaks a rule; the error names field, value and rule.
    """
    try:
        text = json.dumps(document)
    except (TypeError, ValueError, RecursionError) as error:
        raise DocumentError(rule=f"not a document: {error}") from None
    try:
        return job_adapter().validate_json(text)
    except ValidationError as error:
        raise fault_of(error, _PARTS) from None


def job_to_document(job: Job) -> Document:
    """Return the document of a job; fields left at their default are left out."""
    document: Document = job_adapter().dump_python(job, mode="json", exclude_defaults=True)
    plain: Document = _plain(document)
    return plain


def _plain(value: Any) -> Any:
    """Return the value with whole floats as integers, so that 8 cores are written as 8."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def job_fault(error: ValidationError, *, file: str = "", line: int | None = None) -> DocumentError:
    """Translate pydantic's refusal of a job into one line of ours."""
    return fault_of(error, _PARTS, file=file, line=line)


def fault_of(
    error: ValidationError, parts: Mapping[str, type], *, file: str = "", line: int | None = None
) -> DocumentError:
    """Translate pydantic's refusal into one line of ours.

    Args:
        error: what pydantic found; only its first fault is told, the others are counted.
        parts: dataclass behind each field name, for the nearest valid names.
        file: what stands in front.
        line: line in the file.
    """
    found = error.errors(include_url=False)
    # A misspelt field is the cause of the missing one it stands for, so it is told first.
    first = next((fault for fault in found if fault["type"] in _UNKNOWN), found[0])
    location, kind = first["loc"], first["type"]
    cause = first.get("ctx", {}).get("error")
    value = shorten(first["input"])
    if isinstance(cause, JobError):
        location, value, rule = (*location, cause.field), shorten(cause.value), cause.rule
    elif kind.startswith("missing"):
        value, rule = "", "is required but missing"
    elif kind in _UNKNOWN:
        value, rule = "", _unknown_field(location, parts)
    elif kind == "json_invalid":
        return _invalid_json(first["msg"], file=file, line=line)
    elif kind.startswith("datetime"):
        rule = _INSTANT_RULE
    else:
        rule = _RULES.get(kind, first["msg"][:1].lower() + first["msg"][1:])
    if len(found) > 1:
        rule += f" (and {len(found) - 1} more)"
    return DocumentError(rule=rule, file=file, line=line, field=_path(location), value=value)


def _path(location: tuple[int | str, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return text.removeprefix(".")


def _unknown_field(location: tuple[int | str, ...], parts: Mapping[str, type]) -> str:
    names = [step for step in location if isinstance(step, str)]
    owner = parts.get(names[-2] if len(names) > 1 else "")
    if owner is None:
        return "is no known field; remove it"
    valid = [field.name for field in dataclasses.fields(owner)]
    nearest = nearest_names(names[-1], valid, 1)
    return (
        f"is no known field; {f'did you mean {nearest[0]}?' if nearest else 'known are ' + ', '.join(valid)}"
    )


def _invalid_json(message: str, *, file: str, line: int | None) -> DocumentError:
    """Name the true line: a single document counts its own lines, a line of JSON Lines does not."""
    place = re.search(r"line (\d+) column (\d+)$", message)
    reason = message.removeprefix("Invalid JSON: ")
    if place:
        reason = f"{reason[: place.start() - len('Invalid JSON: ')].removesuffix(' at ')}, column {place[2]}"
        line = int(place[1]) if line is None else line
    whole = "write each job as one JSON object"
    if "EOF" in message:
        whole = "it is cut off"
    elif "trailing" in message:
        whole = "a file with one job a line is named .jsonl"
    return DocumentError(rule=f"not valid JSON ({reason}); {whole}", file=file, line=line)
