"""Kinds of backend: the table from the word in a sites file to what serves the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from api.dispatch.backend import Backend

# A kind joins with one line: the word, and where its BackendKind stands. It is imported when a site asks for it.
KINDS: Mapping[str, str] = {
    "kubernetes": "api.dispatch.kubernetes:KUBERNETES",
    "local": "api.dispatch.local:LOCAL",
    "podman": "api.dispatch.podman:PODMAN",
    "ray": "api.dispatch.ray:RAY",
    "slurm": "api.dispatch.slurm:SLURM",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a backend may use of the process it works in.

    Attributes:
        site: the one it serves.
        data: a folder of its own on this machine; not yet made.
        clock: what time it is.
        time_scale: work without a command takes its runtime times this.
        inputs: folder that jobs' data is copied to, in a folder an attempt, where the site sees it too.
    """

    site: str
    data: Path
    clock: Callable[[], datetime]
    time_scale: float = 1.0
    inputs: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendKind:
    """How a kind of backend is described and built.

    Attributes:
        settings: a frozen dataclass; its fields are the keys a [[site]] of this kind may have, besides those every
            site has. Paths are `SitePath`, secrets `Credential`. It raises ValueError for what does not go together.
        build: makes the backend of one site; it must not talk to the site yet.
    """

    settings: type[Any]
    build: Callable[[Any, Surroundings], Backend]


def kind_named(word: str) -> BackendKind:
    """Return the kind of that name.

    Raises:
        KeyError: there is none.
    """
    module, _, name = KINDS[word].partition(":")
    kind: BackendKind = getattr(import_module(module), name)
    return kind
