"""Health: what sites really hold, and whether they answer at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from api.dispatch import Backends, BackendSilent
from api.loop.reign import Group, Reign
from api.loop.settings import LoopSettings
from api.store import Announce, Put, SiteState
from topology import Resources

PROBE_SECONDS = 30.0
log = structlog.get_logger("edwc.loop")


@dataclass(slots=True, eq=False)
class Health:
    """Asks every backend now and then what its sites hold; a site that says nothing for long is lost.

    A backend that does not answer, or leaves out a site it has named before, keeps what was known of it until then.

    Attributes:
        reign: whose sites.
        backends: who is asked.
        settings: of the loop.
        heard: when each site last said anything of an attempt: that counts as well.
        unheard: sites that say nothing of the attempts there; of these, only naming them counts as an answer.
        capacity: site id -> what it holds, by the last answer; sites that no backend speaks for are not in it.
    """

    reign: Reign
    backends: Backends
    settings: LoopSettings
    heard: Mapping[str, datetime]
    unheard: Collection[str]
    capacity: dict[str, Resources] = field(default_factory=dict)
    _answered_at: dict[str, datetime] = field(default_factory=dict)
    _asked_at: dict[str, datetime] = field(default_factory=dict)
    _probes: dict[str, asyncio.Task[Mapping[str, Resources] | None]] = field(default_factory=dict)
    _begun: datetime | None = None

    async def advance(self, now: datetime) -> None:
        """Ask who is to be asked, take in what was answered, and write down which sites are lost or back."""
        self._begun = self._begun or now
        for name, _ in self.backends:
            asked = self._asked_at.get(name)
            every = timedelta(seconds=self.backends.probe_seconds.get(name, self.settings.probe_s))
            if name not in self._probes and (asked is None or now - asked >= every):
                self._asked_at[name] = now
                self._probes[name] = asyncio.create_task(self._probe(name))
        if self._probes:
            await asyncio.wait(self._probes.values(), timeout=self.settings.poll_wait_s)
        before = dict(self.capacity)
        for name in [name for name, probe in self._probes.items() if probe.done()]:
            answer = self._probes.pop(name).result()
            if answer is not None:
                self._take(name, answer, now)
        if self.capacity != before:
            self.reign.turn += 1
        await self.reign.write(list(self._changes(now)))

    async def end(self) -> None:
        """Drop the questions under way."""
        for probe in self._probes.values():
            probe.cancel()
            await asyncio.gather(probe, return_exceptions=True)
        self._probes.clear()

    async def _probe(self, name: str) -> Mapping[str, Resources] | None:
        backend = self.backends.named(name)
        assert backend is not None
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return await backend.capacity()
        except (BackendSilent, TimeoutError) as error:
            log.warning("backend_silent", backend=name, error=str(error))
        except Exception:  # whatever it was, it is this backend's: nothing new is known of its sites
            log.exception("backend_broke", backend=name)
        return None

    def _take(self, name: str, answer: Mapping[str, Resources], now: datetime) -> None:
        for site in self.reign.catalogue.site_ids:
            unnamed = site not in self.capacity and site not in self.unheard
            if self.backends.name_of(site) == name and (site in answer or unnamed):
                self._answered_at[site] = now
                if site in answer:
                    self.capacity[site] = answer[site]

    def _changes(self, now: datetime) -> Iterator[Group]:
        for site in self.reign.catalogue.site_ids:
            state, last = self.reign.sites.get(site), self._last(site)
            known = state or SiteState(site=site, updated_at=now)
            if known.answering and now - last >= timedelta(seconds=self.settings.site_silence_s):
                detail = f"has not answered since {last.isoformat(timespec='seconds')}"
                yield self._told(state, replace(known, answering=False, lost_at=now, detail=detail), now)
            elif known.lost_at is not None and not known.drill and last > known.lost_at:
                yield self._told(state, replace(known, answering=True, lost_at=None, detail=""), now)

    def _last(self, site: str) -> datetime:
        """When a site last said anything; at first, it has the time that any has."""
        assert self._begun is not None
        known = (self._begun, self._answered_at.get(site), self.heard.get(site))
        return max(each for each in known if each is not None)

    def _told(self, before: SiteState | None, after: SiteState, now: datetime) -> Group:
        kind = "site.back" if after.answering else "site.lost"
        log.warning(kind.replace(".", "_"), site=after.site, detail=after.detail)
        document = json.dumps({"detail": after.detail})
        return (
            Put(record=replace(after, updated_at=now), expect=before),
            Announce(at=now, kind=kind, subject=after.site, document=document),
        )
