"""The sites file: which backend serves which site, and how it is reached. Secrets are only pointed to."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from api.dispatch.backend import Backend
from api.dispatch.kind import KINDS, Surroundings, kind_named
from api.dispatch.registry import Backends, full_name
from api.errors import SettingsError
from topology import Catalogue

PROBE_SECONDS = 5.0
EVERY_SITE_HAS = ("id", "backend", "probe_seconds", "inputs")


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteFault:
    """One thing wrong in a sites file.

    Attributes:
        file: the file.
        key: where in it, such as "site[2].endpoints".
        value: what stands there.
        rule: what should, and how to mend it.
    """

    file: str
    key: str
    value: Any
    rule: str

    def __str__(self) -> str:
        shown = repr(self.value)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        return f"{self.file}: {self.key} = {shown}: {self.rule}"


class SitesFileError(SettingsError):
    """A sites file breaks rules.

    Attributes:
        faults: all of them.
    """

    def __init__(self, faults: Iterable[SiteFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteEntry:
    """One [[site]]: who serves it.

    Attributes:
        id: a site of the catalogue.
        backend: a kind of backend.
        probe_seconds: how often it is asked whether it answers, and what it holds.
        settings: of the kind, already judged.
        inputs: folder that jobs' data is copied to, where this service and the site see the same; None for its own.
    """

    id: str
    backend: str
    probe_seconds: float
    settings: Any
    inputs: Path | None = None

    @property
    def name(self) -> str:
        """What the backend is named by: one backend a site, so that a silent one is alone silent."""
        return f"{self.backend}:{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class SitesFile:
    """All entries of a file."""

    path: Path
    entries: tuple[SiteEntry, ...]

    @property
    def inputs(self) -> Mapping[str, Path]:
        """Site id -> folder that jobs' data is copied to, of the sites that name one."""
        return {entry.id: entry.inputs for entry in self.entries if entry.inputs is not None}

    def backends(
        self,
        default: Backend,
        *,
        data: Path,
        clock: Callable[[], datetime],
        time_scale: float = 1.0,
    ) -> Backends:
        """Return the backends of the listed sites beside the one, named "local", that serves all others.

        Args:
            default: serves the sites that are not listed.
            data: folder of this process; each site gets one below it.
            clock: what time it is.
            time_scale: work without a command takes its runtime times this.
        """
        by_name: dict[str, Backend] = {full_name("local", default): default}
        served: dict[str, str] = {}
        for entry in self.entries:
            surroundings = Surroundings(
                site=entry.id,
                data=data / "sites" / entry.id,
                clock=clock,
                time_scale=time_scale,
                inputs=entry.inputs or inputs_folder(data),
            )
            backend = kind_named(entry.backend).build(entry.settings, surroundings)
            served[entry.id] = full_name(entry.name, backend)
            by_name[served[entry.id]] = backend
        return Backends(
            by_name=by_name,
            default=full_name("local", default),
            site_backends=served,
            probe_seconds={served[entry.id]: entry.probe_seconds for entry in self.entries},
        )


def inputs_folder(data: Path) -> Path:
    """Return the folder that jobs' data is copied to for sites that name none, by the folder of the process."""
    return data.absolute() / "inputs"


def read_sites(path: Path, catalogue: Catalogue) -> SitesFile:
    """Read a sites file.

    Raises:
        SitesFileError: it cannot be read, or breaks rules; the error carries every fault.
    """
    reading = _Reading(str(path), path.resolve().parent, catalogue)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SitesFileError(
            [reading.fault("file", str(path), f"{error.strerror}; name a TOML file")]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SitesFileError([reading.fault("file", str(path), f"is not TOML: {error}")]) from None
    entries = tuple(reading.entries(document))
    if reading.faults:
        raise SitesFileError(reading.faults)
    return SitesFile(path=path, entries=entries)


class _Reading:
    """One reading of a file; collects the faults on the way."""

    def __init__(self, file: str, folder: Path, catalogue: Catalogue) -> None:
        self.file, self.folder, self.catalogue = file, folder, catalogue
        self.faults: list[SiteFault] = []

    def fault(self, key: str, value: Any, rule: str) -> SiteFault:
        fault = SiteFault(file=self.file, key=key, value=value, rule=rule)
        self.faults.append(fault)
        return fault

    def entries(self, document: Mapping[str, Any]) -> Iterator[SiteEntry]:
        for key in document.keys() - {"site"}:
            self.fault(key, document[key], "is not a key of a sites file; sites stand in [[site]] tables")
        tables = document.get("site", [])
        if not (isinstance(tables, list) and tables and all(isinstance(each, dict) for each in tables)):
            self.fault("site", tables, "must be at least one [[site]] table")
            return
        seen: set[str] = set()
        for number, table in enumerate(tables, 1):
            where = f"site[{number}]"
            site, backend = table.get("id"), table.get("backend")
            if self._known(f"{where}.id", site, self.catalogue.site_ids, "a site of the catalogue"):
                if site in seen:
                    self.fault(f"{where}.id", site, "is listed twice; one backend serves a site")
                seen.add(str(site))
            if self._known(f"{where}.backend", backend, KINDS, "a kind of backend"):
                entry = self._entry(where, table)
                if entry is not None:
                    yield entry

    def _entry(self, where: str, table: Mapping[str, Any]) -> SiteEntry | None:
        kind = kind_named(table["backend"])
        names = [each.name for each in fields(kind.settings)]
        before = len(self.faults)
        own: dict[str, Any] = {}
        for key, value in table.items():
            if key in names:
                own[key] = value
            elif key not in EVERY_SITE_HAS:
                rule = f"is not a key of a {table['backend']} site; {_near(key, [*names, *EVERY_SITE_HAS])}"
                self.fault(f"{where}.{key}", value, rule)
        probe_seconds = table.get("probe_seconds", PROBE_SECONDS)
        if (
            isinstance(probe_seconds, bool)
            or not isinstance(probe_seconds, int | float)
            or probe_seconds <= 0
        ):
            self.fault(f"{where}.probe_seconds", probe_seconds, "must be a number of seconds above 0")
        inputs = table.get("inputs")
        if not isinstance(inputs, str | None):
            self.fault(f"{where}.inputs", inputs, "must be the path of a folder")
        settings = self._settings(where, kind.settings, own)
        self._check_accelerators(where, own.get("accelerators", {}))
        if len(self.faults) > before:
            return None
        return SiteEntry(
            id=table["id"],
            backend=table["backend"],
            probe_seconds=float(probe_seconds),
            settings=settings,
            inputs=None if inputs is None else self.folder / Path(inputs).expanduser(),
        )

    def _settings(self, where: str, kind: type[Any], own: Mapping[str, Any]) -> Any:
        try:
            return TypeAdapter(kind).validate_python(own, context={"folder": self.folder})
        except ValidationError as error:
            for each in error.errors(include_url=False):
                key = ".".join([where, *map(str, each["loc"])])
                value = None if each["type"] == "missing" else each["input"]
                message = each["msg"].removeprefix("Value error, ")
                self.fault(key, value, "is missing; add it" if each["type"] == "missing" else message)
            return None

    def _check_accelerators(self, where: str, accelerators: Any) -> None:
        known = [each.id for each in self.catalogue.accelerators]
        if isinstance(accelerators, Mapping):
            for model in accelerators:
                self._known(f"{where}.accelerators", model, known, "an accelerator of the catalogue")

    def _known(self, key: str, value: Any, known: Iterable[str], what: str) -> bool:
        if isinstance(value, str) and value in known:
            return True
        rule = f"must be {what}; {_near(str(value or ''), list(known))}"
        self.fault(key, value, rule)
        return False


def _near(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=3, cutoff=0.4) or sorted(known)[:12]
    return f"nearest known: {', '.join(near)}"
