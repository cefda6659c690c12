"""Which backend serves which site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api.dispatch.backend import Backend


def full_name(name: str, backend: Backend) -> str:
    """Return the name of a backend for attempts; one whose memory is a folder of this machine is named after that too.

    So a service that has another folder knows that it knows nothing of them, instead of holding them for never begun.
    """
    identity = getattr(backend, "identity", "")
    return f"{name}:{identity}" if identity else name


@dataclass(frozen=True, kw_only=True, slots=True)
class Backends:
    """Backends by name, and the name that serves each site.

    Attributes:
        by_name: the backends; a name is written into every attempt and must keep its meaning.
        default: name of the backend of every site that is not listed.
        site_backends: site id -> name, where it is another.
        probe_seconds: name -> how often it wants to be asked whether it answers and what it holds; only those listed.
    """

    by_name: Mapping[str, Backend]
    default: str
    site_backends: Mapping[str, str] = field(default_factory=dict)
    probe_seconds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (self.default, *self.site_backends.values()):
            if name not in self.by_name:
                raise ValueError(f"backend {name!r} is not among {', '.join(sorted(self.by_name))}; add it")

    def name_of(self, site: str) -> str:
        """The name of a site's backend."""
        return self.site_backends.get(site, self.default)

    def named(self, name: str) -> Backend | None:
        """The backend of that name, or None when this service has none such any more."""
        return self.by_name.get(name)

    def resumes(self, name: str) -> bool:
        """Whether work that the backend of that name was asked to end can go on from its checkpoint."""
        return bool(getattr(self.by_name.get(name), "resumes", False)) or self.checkpoints(name) is not None

    def checkpoints(self, name: str) -> Path | None:
        """Where the backend of that name keeps checkpoints, in a folder a job; None when nothing can be read there."""
        return getattr(self.by_name.get(name), "checkpoints", None)

    def __iter__(self) -> Iterator[tuple[str, Backend]]:
        return iter(self.by_name.items())

    async def close(self) -> None:
        """Let go of all."""
        for backend in self.by_name.values():
            await backend.close()
