"""plan.json as the command line reads and writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scheduler import DocumentError, Plan, plan_from_document
from scheduler.text_file import read_text_bytes

Document = dict[str, Any]

BASELINES = "baselines"  # what `edwc plan --json` adds to a plan


def read_document(path: Path) -> Document:
    """Return the plan document of a file, as written there, without the baselines beside it.

    Raises:
        DocumentError: the file cannot be read, or is not one JSON object.
    """
    text = read_text_bytes(path)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        rule = f"not valid JSON ({error}); write it with `edwc plan --out`"
        raise DocumentError(rule=rule, file=str(path), line=getattr(error, "lineno", None)) from None
    if not isinstance(document, dict):
        raise DocumentError(rule="must be a JSON object as `edwc plan --out` writes it", file=str(path))
    document.pop(BASELINES, None)
    return document


def read_plan_file(path: Path) -> Plan:
    """Return the plan of a file.

    Raises:
        DocumentError: the file cannot be read, or is no plan.
    """
    document = read_document(path)
    try:
        return plan_from_document(document)
    except DocumentError as error:
        raise DocumentError(rule=error.rule, file=str(path), field=error.field, value=error.value) from None


def plan_text(document: Document) -> str:
    """Return the text of plan.json."""
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
