"""The written form of a scenario: TOML or JSON becomes a document, and a document becomes a `Scenario`.

Every fault of a document is found, not only the first; a key that does not exist is answered with the nearest that
does.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
import typing
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from simulations.scenario.fault import Fault, ScenarioError, nearest_hint
from simulations.scenario.scenario import Scenario

MOST_BYTES = 1_000_000
PARENT, VARIANTS = "parent", "variants"

Document = dict[str, Any]
Noun = TypeVar("Noun")
_ADAPTER = TypeAdapter(Scenario)


def read_toml(path: Path) -> Document:
    """The document of a TOML file.

    Raises:
        ScenarioError: it cannot be read, or is no TOML.
    """

    def refuse(value: str, rule: str) -> ScenarioError:
        return ScenarioError([Fault(file=str(path), key="", value=value, rule=rule)])

    try:
        if path.stat().st_size > MOST_BYTES:
            raise refuse(f"{path.stat().st_size} bytes", f"a scenario has at most {MOST_BYTES}")
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise refuse("", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise refuse(f"byte {error.start}", "must be UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise refuse("", f"is no TOML: {error}") from error


def read_json(text: str, label: str) -> Document:
    """The document of a JSON text.

    Raises:
        ScenarioError: it is no JSON object.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScenarioError([Fault(file=label, key="", value="", rule=f"is no JSON: {error}")]) from error
    if not isinstance(document, dict):
        rule = "must be an object with the keys of a scenario"
        raise ScenarioError([Fault(file=label, key="", value=shown(document), rule=rule)])
    return document


def shape_faults(document: Mapping[str, Any], label: str, prefix: str = "") -> list[Fault]:
    """Every fault of a document that can be seen without its parents and the catalogue."""
    faults: list[Fault] = []
    parent = document.get(PARENT, "")
    if not isinstance(parent, str):
        rule = "must be the name or file of one scenario"
        faults.append(Fault(file=label, key=prefix + PARENT, value=shown(parent), rule=rule))
    variants = document.get(VARIANTS, {})
    if prefix and variants:
        rule = "a variant has no variants of its own; leave it out"
        faults.append(Fault(file=label, key=prefix + VARIANTS, value="", rule=rule))
    elif not isinstance(variants, dict) or not all(isinstance(part, dict) for part in variants.values()):
        rule = "must be a table of variants, each a table of what differs"
        faults.append(Fault(file=label, key=VARIANTS, value=shown(variants), rule=rule))
    else:
        for name, part in variants.items():
            faults += shape_faults(part, label, f"{VARIANTS}.{name}.")
    try:
        to_scenario(document)
    except ValidationError as error:
        faults += document_faults(error, label, Scenario, prefix)
    return faults


def to_scenario(document: Mapping[str, Any]) -> Scenario:
    """The scenario of a document, whose parent and variants no longer count.

    Raises:
        ValidationError: it breaks a rule.
    """
    plain = {key: value for key, value in document.items() if key not in {PARENT, VARIANTS}}
    return validated(_ADAPTER, plain)


def validated(adapter: TypeAdapter[Noun], document: Mapping[str, Any]) -> Noun:
    """The noun of a document.

    Raises:
        ValidationError: it breaks a rule.
    """
    # JSON mode of the reader: the only one that takes lists for tuples and text for instants, and is strict otherwise.
    return adapter.validate_json(json.dumps(document, default=_written))


def document_faults(error: ValidationError, label: str, noun: type, prefix: str = "") -> list[Fault]:
    """The faults that reading a document as a noun has found."""
    return [_fault(each, label, noun, prefix) for each in error.errors(include_url=False)]


def to_document(scenario: Scenario) -> Document:
    """The whole document of a scenario, defaults included, as JSON has it."""
    document: Document = _ADAPTER.dump_python(scenario, mode="json")
    return document


def shown(value: object) -> str:
    """A value as a user would write it."""
    if isinstance(value, str):
        return f'"{value}"'
    return json.dumps(value, default=_written, ensure_ascii=False)


def _written(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return repr(value)


def _fault(error: Any, label: str, noun: type, prefix: str) -> Fault:
    loc, kind = error["loc"], error["type"]
    if kind in {"unexpected_keyword_argument", "extra_forbidden"}:
        known = _fields_at(noun, loc[:-1])
        rule = f"unknown key; {nearest_hint(str(loc[-1]), known)}"
        return Fault(file=label, key=prefix + dotted(loc), value=shown(error["input"]), rule=rule)
    words = str(error["msg"]).removeprefix("Input ")
    value = "" if kind.startswith("missing") else shown(error["input"])
    if kind == "timezone_aware":
        words = "must have a time zone, such as +08:00"
    return Fault(
        file=label, key=prefix + dotted(loc), value=value, rule=words[0].lower() + words[1:].rstrip(".")
    )


def dotted(loc: tuple[Any, ...]) -> str:
    """A place in a document as a key, such as prices[0].scale."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def _fields_at(noun: Any, loc: tuple[Any, ...]) -> list[str]:
    """Names of the keys of the table at a place of the document."""
    for part in loc:
        if isinstance(part, str) and dataclasses.is_dataclass(noun):
            noun = _noun_of(typing.get_type_hints(noun).get(part))
    names = [entry.name for entry in dataclasses.fields(noun)] if dataclasses.is_dataclass(noun) else []
    return names + ([PARENT, VARIANTS] if noun is Scenario else [])


def _noun_of(hint: Any) -> Any:
    """The dataclass inside a hint such as tuple[PriceChange, ...], or None."""
    if dataclasses.is_dataclass(hint):
        return hint
    return next((found for part in typing.get_args(hint) if (found := _noun_of(part))), None)
