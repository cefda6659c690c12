"""Health on the wire."""

from __future__ import annotations

from api.wire.model import Answer


class Health(Answer):
    """The process answers."""

    status: str


class Readiness(Answer):
    """Whether the service can do its work, part by part."""

    status: str
    store: str
    loop: str
