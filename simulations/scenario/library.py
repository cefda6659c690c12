"""Library: finds the scenario a user names, its parents and its variant, and lays them over one another.

A scenario is named by the name of a shipped one ("west-open"), by a file ("mine.toml"), and either with a variant
("carbon-price@200"). Parents are shipped scenarios, or files beside the one that names them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from simulations.scenario.checking import find_faults
from simulations.scenario.demand import GeneratorSource
from simulations.scenario.document import (
    PARENT,
    VARIANTS,
    Document,
    read_toml,
    shape_faults,
    shown,
    to_scenario,
)
from simulations.scenario.fault import Fault, ScenarioError, nearest_hint
from simulations.scenario.layer import Layered, lay, put
from simulations.scenario.scenario import Scenario
from topology import Catalogue, TopologyError, load_catalogue

SHIPPED = Path(__file__).resolve().parent.parent / "scenarios"
DEEPEST = 16
MOST_SENT_JOBS = 100_000
MOST_SENT_HOURS = 744


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """Something to lay over a scenario, such as what the command line asks for.

    Attributes:
        label: how faults name it.
        document: what differs.
        settings: dotted keys (such as "prices[0].scale") that are set to values after that.
    """

    label: str
    document: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedScenario:
    """A scenario that was found, merged and checked.

    Attributes:
        name: as it was asked for, without its folder.
        scenario: what it says.
        catalogue: the catalogue it names, as it is before the scenario changes it.
    """

    name: str
    scenario: Scenario
    catalogue: Catalogue


def shipped_names() -> tuple[str, ...]:
    """Names of the shipped scenarios; one with variants is there once for each of them."""
    names: list[str] = []
    for path in sorted(SHIPPED.glob("*.toml")):
        variants = read_toml(path).get(VARIANTS, {})
        names += [f"{path.stem}@{variant}" for variant in variants] or [path.stem]
    return tuple(names)


def read_scenario(name: str, layers: Sequence[Layer] = ()) -> NamedScenario:
    """The scenario of a name or file.

    Args:
        name: as a user gives it.
        layers: laid over it, in order.

    Raises:
        ScenarioError: with every fault that was found.
    """
    merged = _layered(name, Path.cwd(), ())
    path, variant = split_name(name)
    return _finished(Path(path).stem + (f"@{variant}" if variant else ""), merged, layers)


def read_scenario_document(
    document: Mapping[str, Any], label: str, layers: Sequence[Layer] = ()
) -> NamedScenario:
    """The scenario of a document that came from elsewhere: it may name shipped scenarios, and no files.

    Raises:
        ScenarioError: with every fault that was found.
    """
    faults = [*shape_faults(document, label), *_file_faults(document, label)]
    if document.get(VARIANTS):
        rule = "a document that is sent says one scenario; leave them out"
        faults.append(Fault(file=label, key=VARIANTS, value="", rule=rule))
    if faults:
        raise ScenarioError(faults)
    parent = document.get(PARENT)
    below = _layered(parent, SHIPPED, ()).inherited() if parent else Layered()
    named = _finished(str(document.get("title") or label), lay(below, _body(document), label), layers)
    _check_size(named.scenario, label)
    return named


def _finished(name: str, merged: Layered, layers: Sequence[Layer]) -> NamedScenario:
    faults: list[Fault] = []
    for layer in layers:
        faults += shape_faults(layer.document, layer.label)
        merged = lay(merged, layer.document, layer.label)
        for key, value in layer.settings.items():
            merged = put(merged, key, value, layer.label)
        if layer.settings:
            faults += shape_faults(merged.document, layer.label)
    if faults:
        raise ScenarioError(faults)
    scenario = to_scenario(merged.document)
    catalogue = _catalogue(scenario, merged)
    found = find_faults(scenario, catalogue)
    if found:
        placed = [(merged.origin(fault.key), fault) for fault in found]
        raise ScenarioError(
            [Fault(file=at[0], key=at[1], value=fault.value, rule=fault.rule) for at, fault in placed]
        )
    return NamedScenario(name=name, scenario=scenario, catalogue=catalogue)


def load_named_catalogue(name: str) -> Catalogue:
    """The catalogue of a folder, read anew, or of a built-in name, which does not change and is read once.

    Raises:
        TopologyError: there is none, or it is broken.
    """
    return load_catalogue(name) if "/" in name else _built_in(name)


@cache
def _built_in(name: str) -> Catalogue:
    return load_catalogue(name)


def _catalogue(scenario: Scenario, merged: Layered) -> Catalogue:
    try:
        return load_named_catalogue(scenario.catalogue)
    except (TopologyError, OSError) as error:
        file, key = merged.origin("catalogue")
        fault = Fault(file=file, key=key, value=shown(scenario.catalogue), rule=str(error))
        raise ScenarioError([fault]) from error


def _layered(name: str, folder: Path, children: tuple[str, ...]) -> Layered:
    """The merged document of a name, as seen from a folder; `children` are the files that led here."""
    path, variant = _find(name, folder, children)
    label = str(path.name if path.parent == SHIPPED else path)
    me = str(path.resolve())
    if me in children:
        rule = (
            f"is its own parent by way of {len(children) - children.index(me)} files; end the chain somewhere"
        )
        raise ScenarioError([Fault(file=label, key=PARENT, value=shown(name), rule=rule)])
    if len(children) >= DEEPEST:
        rule = f"stands at the end of {DEEPEST} parents; at most that many are followed"
        raise ScenarioError([Fault(file=label, key=PARENT, value=shown(name), rule=rule)])
    document = _resolved(read_toml(path), path.parent)
    faults = shape_faults(document, label)
    if faults:
        raise ScenarioError(faults)
    parent = document.get(PARENT)
    below = _layered(parent, path.parent, (*children, me)).inherited() if parent else Layered()
    merged = lay(below, _body(document), label)
    variants = document.get(VARIANTS, {})
    if not variant:
        if variants and not children:
            names = ", ".join(f"{path.stem}@{each}" for each in variants)
            rule = f"has variants; name one of {names}"
            raise ScenarioError([Fault(file=label, key=VARIANTS, value="", rule=rule)])
        return merged
    if variant not in variants:
        hint = nearest_hint(variant, variants) if variants else "it has none; leave the @ out"
        rule = f"no such variant; {hint}"
        raise ScenarioError([Fault(file=label, key=VARIANTS, value=shown(variant), rule=rule)])
    return lay(merged, variants[variant], label, f"{VARIANTS}.{variant}.")


def _find(name: str, folder: Path, children: tuple[str, ...]) -> tuple[Path, str]:
    """The file and variant of a name: a path when it looks like one, else a shipped scenario."""
    stem, variant = split_name(name)
    if stem.endswith(".toml") or "/" in stem:
        path = folder / stem
        if path.is_file():
            return path, variant
        rule = "no such scenario file"
    else:
        path = SHIPPED / f"{stem}.toml"
        if path.is_file():
            return path, variant
        known = {each.stem for each in SHIPPED.glob("*.toml")}
        rule = f"no such scenario; {nearest_hint(stem, known)}; a file ends in .toml"
    file = Path(children[-1]).name if children else "command line"
    key = PARENT if children else "scenario"
    raise ScenarioError([Fault(file=file, key=key, value=shown(name), rule=rule)])


def _body(document: Mapping[str, Any]) -> Document:
    return {key: value for key, value in document.items() if key not in {PARENT, VARIANTS}}


def split_name(name: str) -> tuple[str, str]:
    """The file or shipped name in a name, and the variant, or ""; an @ in a folder's name is the folder's."""
    folder, slash, last = name.rpartition("/")
    stem, _, variant = last.partition("@")
    return folder + slash + stem, variant


def _resolved(document: Document, folder: Path) -> Document:
    """The document with the files it names made independent of where the reader stands."""
    demand = document.get("demand")
    if isinstance(demand, dict):
        demand = dict(demand)
        if isinstance(demand.get("jobs"), str):
            demand["jobs"] = str(folder / demand["jobs"])
        if isinstance(demand.get("traces"), list):
            demand["traces"] = [
                {**trace, "file": str(folder / trace["file"])}
                if isinstance(trace, dict) and isinstance(trace.get("file"), str)
                else trace
                for trace in demand["traces"]
            ]
        document = {**document, "demand": demand}
    catalogue = document.get("catalogue")
    if isinstance(catalogue, str) and "/" in catalogue:
        document = {**document, "catalogue": str(folder / catalogue)}
    return document


def _check_size(scenario: Scenario, label: str) -> None:
    """Refuse what would keep a shared machine busy for hours, or fill its memory.

    Raises:
        ScenarioError: it asks for more than is done for a document that is sent.
    """
    source = scenario.demand.generate or GeneratorSource()
    factors = math.prod(max(change.factor, 1.0) for change in scenario.demand.changes)
    found = {
        "demand.generate.count": (source.count * factors, MOST_SENT_JOBS, "jobs, copies included"),
        "clock.hours": (scenario.clock.hours, MOST_SENT_HOURS, "hours"),
    }
    faults = [
        Fault(
            file=label, key=key, value=f"{value:g}", rule=f"a document that is sent may ask for {most} {unit}"
        )
        for key, (value, most, unit) in found.items()
        if value > most
    ]
    if faults:
        raise ScenarioError(faults)


def _file_faults(document: Mapping[str, Any], label: str) -> list[Fault]:
    """Faults of a document that names files: who sends one may not read what lies on this machine."""
    demand = document.get("demand")
    named: dict[str, object] = {}
    if isinstance(demand, dict):
        named |= {f"demand.{key}": demand[key] for key in ("jobs", "traces") if demand.get(key)}
    for key in ("catalogue", PARENT):
        value = document.get(key)
        if isinstance(value, str) and ("/" in value or "\\" in value or value.endswith(".toml")):
            named[key] = value
    rule = "a document that is sent may name no files; write it to a file and run that"
    return [Fault(file=label, key=key, value=shown(value), rule=rule) for key, value in named.items()]
