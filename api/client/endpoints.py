"""Endpoints: which base URL is asked next; one that fails is set aside and comes back after a probe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit


class Health(Enum):
    """How an endpoint stands."""

    GOOD = auto()
    EJECTED = auto()
    PROBED = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ejection:
    """When an endpoint is set aside.

    Attributes:
        failures_max: failures one after another that set it aside; a refused connection counts as that many.
        rest_s: until the first probe [s]; it doubles with every probe that fails.
        rest_max_s: at most [s].
    """

    failures_max: int = 2
    rest_s: float = 1.0
    rest_max_s: float = 60.0


@dataclass(kw_only=True, slots=True)
class _Endpoint:
    url: str
    health: Health = Health.GOOD
    failures: int = 0
    probes_failed: int = 0
    probe_at: float = 0.0
    outstanding: int = 0
    asked_at: int = 0


class Endpoints:
    """The base URLs of one service. Safe to use from several threads."""

    def __init__(
        self, urls: Sequence[str], *, clock: Callable[[], float], ejection: Ejection | None = None
    ) -> None:
        """Take the base URLs.

        Raises:
            ValueError: none, or one that is no http or https address.
        """
        self._clock, self._ejection = clock, ejection or Ejection()
        self._all = {url: _Endpoint(url=url) for url in map(_checked, urls)}
        if not self._all:
            raise ValueError("there is no base URL; name at least one, such as http://127.0.0.1:8000")
        self._asked = 0
        self._lock = threading.Lock()

    @property
    def urls(self) -> tuple[str, ...]:
        """All of them, in the order given."""
        return tuple(self._all)

    def health(self, url: str) -> Health:
        """Return how one stands."""
        return self._all[url].health

    def begin(self, avoid: Collection[str] = ()) -> str:
        """Return the endpoint to ask now, and count the request as under way.

        Healthy before ejected, new to the call before tried, least busy before busy, longest unasked first.
        Where every endpoint is ejected, the one whose rest ends first is asked all the same.

        Args:
            avoid: endpoints that this call has tried.
        """
        with self._lock:
            self._asked += 1
            chosen = min(self._all.values(), key=lambda each: self._rank(each, avoid))
            chosen.outstanding += 1
            chosen.asked_at = self._asked
            return chosen.url

    def _rank(self, each: _Endpoint, avoid: Collection[str]) -> tuple[bool, float, bool, int, int]:
        rest = 0.0 if each.health is Health.GOOD else each.probe_at
        return (rest > 0, rest, each.url in avoid, each.outstanding, each.asked_at)

    def answered(self, url: str) -> None:
        """Count a request as answered, whatever the answer."""
        with self._lock:
            each = self._all[url]
            each.outstanding -= 1
            self._restore(each)

    def failed(self, url: str, *, refused: bool) -> None:
        """Count a request as failed.

        Args:
            url: where.
            refused: nobody listens there.
        """
        with self._lock:
            each = self._all[url]
            each.outstanding -= 1
            each.failures += self._ejection.failures_max if refused else 1
            if each.health is Health.GOOD and each.failures >= self._ejection.failures_max:
                self._eject(each)

    def left(self, url: str) -> None:
        """Count a request as given up by the caller: that says nothing about the endpoint."""
        with self._lock:
            self._all[url].outstanding -= 1

    def due_probes(self) -> tuple[str, ...]:
        """Return the endpoints to probe now; each is returned once until its probe has ended."""
        with self._lock:
            now = self._clock()
            due = [
                each for each in self._all.values() if each.health is Health.EJECTED and each.probe_at <= now
            ]
            for each in due:
                each.health = Health.PROBED
            return tuple(each.url for each in due)

    def probed(self, url: str, *, ready: bool) -> None:
        """Take an endpoint back, or let it rest twice as long."""
        with self._lock:
            each = self._all[url]
            if each.health is not Health.PROBED:
                return
            if ready:
                self._restore(each)
            else:
                each.probes_failed += 1
                self._eject(each)

    def _eject(self, each: _Endpoint) -> None:
        rest_s = self._ejection.rest_s * 2.0 ** min(each.probes_failed, 60)
        each.health = Health.EJECTED
        each.probe_at = self._clock() + min(rest_s, self._ejection.rest_max_s)

    def _restore(self, each: _Endpoint) -> None:
        each.health, each.failures, each.probes_failed = Health.GOOD, 0, 0


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url!r} is no base URL; write one such as http://127.0.0.1:8000")
    if parts.query or parts.fragment:
        raise ValueError(f"{url!r} has a query or a fragment; a base URL ends with its path")
    return url.rstrip("/")
