"""Opening: what a client starts with; the only place that looks at the clock and throws dice."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from api.client.conversation import Conversation
from api.client.endpoints import Ejection, Endpoints
from api.client.patience import Patience

AGENT = "edwc-client/1"


def converse(
    urls: str | Sequence[str], api_key: str, *, patience: Patience | None, ejection: Ejection | None
) -> Conversation:
    """Return a conversation by the real clock.

    Raises:
        ValueError: there is no URL, or one is none; or the key cannot be sent in a header.
    """
    if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise ValueError("the API key has characters that no key has; copy it anew, from edwc_ on")
    listed = [urls] if isinstance(urls, str) else list(urls)
    headers = {"user-agent": AGENT, "accept": "application/json"}
    if api_key:
        headers["authorization"] = f"Bearer {api_key}"
    return Conversation(
        endpoints=Endpoints(listed, clock=time.monotonic, ejection=ejection),
        patience=patience or Patience(),
        headers=headers,
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
        chance=random.random,
        new_id=lambda: f"cli-{secrets.token_hex(8)}",
    )


def new_key() -> str:
    """Return a fresh idempotency key."""
    return f"edwc-{secrets.token_hex(16)}"
