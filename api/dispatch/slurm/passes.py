"""Passes: the tokens that slurmrestd asks for. They live in memory, for a while, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import jwt

from api.dispatch.credential import Credential
from api.dispatch.slurm.site import TOKEN_SECONDS, SlurmSite

RENEW_AT = 0.5  # of its life: a clock that is a quarter of an hour off still finds it valid


class Passes:
    """Makes tokens from the cluster's key, or reads those made by others."""

    def __init__(self, site: SlurmSite, clock: Callable[[], datetime]) -> None:
        self._site, self._clock = site, clock
        self._token, self._renew_at = "", 0.0

    def headers(self) -> dict[str, str]:
        """The headers of a request made now.

        Raises:
            CredentialMissing: there is no key or token to be read.
        """
        return {"X-SLURM-USER-NAME": self._site.user, "X-SLURM-USER-TOKEN": self._current()}

    def forget(self) -> None:
        """Make a new token next time: this one was refused, or may have been."""
        self._renew_at = 0.0

    def _current(self) -> str:
        if self._site.token is not None:
            return self._site.token.read()
        assert self._site.key is not None
        now = self._clock().timestamp()
        if not self._renew_at - TOKEN_SECONDS <= now < self._renew_at:
            self._token = make_token(self._site.key, self._site.user, now)
            self._renew_at = now + TOKEN_SECONDS * RENEW_AT
        return self._token


def make_token(key: Credential, user: str, now: float, life_s: float = TOKEN_SECONDS) -> str:
    """Return a token in the name of a user, valid from now on [s since 1970]."""
    claims = {"iat": int(now), "exp": int(now + life_s), "sun": user}
    return jwt.encode(claims, key.read_bytes(), algorithm="HS256")
