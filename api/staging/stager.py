"""The stager: knows where data may come from and where each site takes it, and has it moved there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from api.staging.errors import ForbiddenSource
from api.staging.mover import Copy, Mover
from api.staging.named import NamedInput


@dataclass(frozen=True, kw_only=True, slots=True)
class Stager:
    """Brings inputs into one folder an attempt.

    Attributes:
        mover: copies.
        root: folder of the attempts' inputs, for sites that have none of their own.
        sources: where data may come from: beginnings of URLs, such as "s3://data/" or "file:///srv/data/". A job's
            owner writes its URLs, and the service reads them with its own rights: what is not named here is not read.
        roots: site id -> folder, where a site sees another part of the file system.
    """

    mover: Mover
    root: Path
    sources: tuple[str, ...]
    roots: Mapping[str, Path] = field(default_factory=dict)

    async def stage(
        self, attempt: str, site: str, inputs: Collection[NamedInput], rates_gbps: Mapping[int, float]
    ) -> Mapping[str, str]:
        """Return the environment that tells a command where its inputs are, once all have arrived.

        The same attempt may be staged again, and finds what has arrived.

        Args:
            attempt: id; its inputs have a folder of their own.
            site: where it will run.
            inputs: what to bring.
            rates_gbps: number of an input -> what the plan keeps free for it [Gbit/s].

        Raises:
            StagingError: an input cannot be brought.
        """
        found = {}
        for each in inputs:
            source = self._allowed(each.url)
            target = self.folder(attempt, site) / f"input.{each.number}"
            rate = rates_gbps.get(each.number, 10.0)
            await self.mover.copy(Copy(source=source, target=target, sha256=each.sha256, rate_gbps=rate))
            found[each.variable] = str(target)
        return found

    def folder(self, attempt: str, site: str) -> Path:
        """The folder of an attempt's inputs."""
        return self.roots.get(site, self.root) / attempt

    def drop(self, attempt: str, site: str) -> None:
        """Remove the inputs of an attempt that is over."""
        shutil.rmtree(self.folder(attempt, site), ignore_errors=True)

    def left_behind(self, live: Collection[str]) -> list[Path]:
        """Folders of attempts that are not live: what a controller that died could not remove."""
        roots = {self.root, *self.roots.values()}
        folders = (each for root in roots if root.exists() for each in root.iterdir())
        return sorted(each for each in folders if each.name.startswith("att_") and each.name not in live)

    def _allowed(self, url: str) -> str:
        plain = _plain(url)
        if not any(plain.startswith(source) for source in self.sources):
            allowed = ", ".join(self.sources) or "nowhere"
            raise ForbiddenSource(f"{url}: data is taken from {allowed} only; ask the operator to allow it")
        return plain


def _plain(url: str) -> str:
    """Return a URL as it will be read: a chain of protocols is none, and `..` and links lead where they lead.

    Nowhere ("") when it is no URL, or climbs by a `..` that a client may see in it, however often that is quoted.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme in ("", "file"):
            return (
                ""
                if "::" in url
                else f"file://{os.path.realpath(unquote(parts.path) if parts.scheme else url)}"
            )
    except ValueError:
        return ""
    return "" if "::" in url or ".." in _steps(url) else url


def _steps(url: str) -> list[str]:
    while (plain := unquote(url)) != url:
        url = plain
    return re.split(r"[/\\?#]", url)
