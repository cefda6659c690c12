"""The caller on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.auth import Scope
from api.wire.model import Answer


class WhoamiView(Answer):
    """What a key stands for."""

    tenant: str
    prefix: str
    name: str
    scopes: list[Scope]
    expires_at: datetime | None
    now: datetime = Field(description="The service's clock.")
