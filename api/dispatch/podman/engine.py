"""Podman's REST interface (libpod), as far as it is used here: names in, documents out."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import PurePosixPath
from typing import Any

import httpx

from api.dispatch.endpoint import Endpoint
from api.dispatch.errors import BackendSilent, StartRefused

ROOT = "/v4.0.0/libpod"
PULL_SECONDS = 3600.0
SMALL_BYTES = 4096
_OK = frozenset({200, 201, 204, 304})
_TAKEN = ("already in use", "already exists", "is in use")
_NO_IMAGE = "image not known"
# What the container runtime says of a command or a setting that it can never run.
_NEVER_RUNS = ("not found", "permission denied", "no such file", "exec format error", "is a directory")


class ImageMissing(StartRefused):
    """The machine does not hold the image."""


class Engine:
    """One Podman service. Every call may raise BackendSilent."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take the address."""
        self.endpoint = endpoint

    async def create(self, spec: Mapping[str, Any]) -> bool:
        """Create a container, not yet started; False when its name is taken.

        Raises:
            ImageMissing: Its image is not on the machine.
            StartRefused: Podman will not have such a container.
        """
        answer = await self.endpoint.ask("POST", f"{ROOT}/containers/create", json=spec)
        if answer.status_code == 201:
            return True
        words = _words(answer)
        if any(each in words for each in _TAKEN):
            return False
        if _NO_IMAGE in words:
            raise ImageMissing(f"image {spec['image']}: {words}")
        if 400 <= answer.status_code < 500:
            raise StartRefused(f"attempt {spec['name']}: Podman refuses it: {words}")
        raise self._unclear(answer, words)

    async def start(self, name: str) -> None:
        """Start a created container.

        Raises:
            StartRefused: What it is to run is not there, or is no program.
        """
        answer = await self.endpoint.ask("POST", f"{ROOT}/containers/{name}/start")
        if answer.status_code in _OK:
            return
        words = _words(answer)
        if any(each in words.lower() for each in _NEVER_RUNS) and "runtime" in words.lower():
            raise StartRefused(f"attempt {name}: {words}")
        raise self._unclear(answer, words)

    async def container(self, name: str) -> dict[str, Any] | None:
        """Describe a container, or None when there is none of that name."""
        return await self._look(f"{ROOT}/containers/{name}/json")

    async def pod(self, name: str) -> dict[str, Any] | None:
        """Describe a pod, or None when there is none of that name."""
        return await self._look(f"{ROOT}/pods/{name}/json")

    async def containers(self, label: str) -> list[dict[str, Any]]:
        """List containers that carry a label, ended ones too."""
        return await self._list("containers", label)

    async def pods(self, label: str) -> list[dict[str, Any]]:
        """List pods that carry a label."""
        return await self._list("pods", label)

    async def mark(self, name: str, labels: Mapping[str, str]) -> None:
        """Set a mark: a pod without anything in it, which nothing but its name and labels makes different."""
        answer = await self.endpoint.ask(
            "POST", f"{ROOT}/pods/create", json={"name": name, "no_infra": True, "labels": dict(labels)}
        )
        if answer.status_code not in _OK | {409}:
            raise self._unclear(answer, _words(answer))

    async def play(self, manifest: str) -> str:
        """Create and start the pod of a manifest; what went wrong with its containers, or an empty text.

        Raises:
            StartRefused: Podman will not have such a pod.
        """
        answer = await self.endpoint.ask(
            "POST", f"{ROOT}/play/kube", content=manifest, headers={"content-type": "application/yaml"}
        )
        if answer.status_code in _OK:
            pods = self.endpoint.read(answer).get("Pods") or ()
            return "; ".join(error for pod in pods for error in pod.get("ContainerErrors") or ())
        words = _words(answer)
        if any(each in words for each in _TAKEN):
            return ""
        if answer.status_code < 500 or _NO_IMAGE in words or "YAML" in words:
            raise StartRefused(f"Podman refuses the pod: {words}")
        raise self._unclear(answer, words)

    async def start_pod(self, name: str) -> None:
        """Start what was created of a pod."""
        answer = await self.endpoint.ask("POST", f"{ROOT}/pods/{name}/start")
        if answer.status_code not in _OK:
            raise self._unclear(answer, _words(answer))

    async def stop(self, name: str, grace_s: int) -> None:
        """Ask a container to end, and end it after a while; there may be none."""
        answer = await self.endpoint.ask(
            "POST",
            f"{ROOT}/containers/{name}/stop",
            params={"timeout": str(grace_s)},
            within_s=grace_s + 30.0,
        )
        if answer.status_code not in _OK | {404}:
            raise self._unclear(answer, _words(answer))

    async def remove(self, noun: str, name: str) -> None:
        """Remove a container or pod, running or not; there may be none."""
        answer = await self.endpoint.ask("DELETE", f"{ROOT}/{noun}/{name}", params={"force": "true"})
        if answer.status_code not in _OK | {404}:
            raise self._unclear(answer, _words(answer))

    async def pull(self, image: str) -> str:
        """Fetch an image; why that failed, or an empty text."""
        answer = await self.endpoint.ask(
            "POST", f"{ROOT}/images/pull", params={"reference": image, "quiet": "true"}, within_s=PULL_SECONDS
        )
        if answer.status_code not in _OK:
            return _words(answer)
        try:
            lines = [json.loads(line) for line in answer.text.splitlines() if line.strip()]
        except ValueError:
            raise self._unclear(answer, answer.text[:200]) from None
        return "; ".join(str(line["error"]) for line in lines if line.get("error"))

    @asynccontextmanager
    async def output(self, name: str, stream: str) -> AsyncIterator[AsyncIterator[bytes] | None]:
        """Read a stream of a container from its beginning, in frames; None when there is no such container."""
        wanted = {each: str(each == stream).lower() for each in ("stdout", "stderr")}
        async with self.endpoint.stream(f"{ROOT}/containers/{name}/logs", params=wanted) as answer:
            if answer.status_code == 404:
                yield None
            elif answer.status_code in _OK:
                yield answer.aiter_bytes()
            else:
                await answer.aread()
                raise self._unclear(answer, _words(answer))

    async def written(self, name: str, folder: str) -> dict[str, str]:
        """Small text files of a folder in a container that runs or not, by name; none without such a folder."""
        answer = await self.endpoint.ask("GET", f"{ROOT}/containers/{name}/archive", params={"path": folder})
        if answer.status_code not in _OK:
            return {}
        found = {}
        with suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
            for member in tar.getmembers():
                content = tar.extractfile(member) if member.isfile() and member.size <= SMALL_BYTES else None
                if content is not None:
                    found[PurePosixPath(member.name).name] = content.read().decode(errors="replace")
        return found

    async def info(self) -> dict[str, Any]:
        """Describe the machine."""
        answer = await self.endpoint.ask("GET", f"{ROOT}/info")
        if answer.status_code not in _OK:
            raise self._unclear(answer, _words(answer))
        document: dict[str, Any] = self.endpoint.read(answer)
        return document

    async def _look(self, path: str) -> dict[str, Any] | None:
        answer = await self.endpoint.ask("GET", path)
        if answer.status_code == 404:
            return None
        if answer.status_code not in _OK:
            raise self._unclear(answer, _words(answer))
        document: dict[str, Any] = self.endpoint.read(answer)
        return document

    async def _list(self, noun: str, label: str) -> list[dict[str, Any]]:
        params = {"filters": json.dumps({"label": [label]})} | (
            {"all": "true"} if noun == "containers" else {}
        )
        answer = await self.endpoint.ask("GET", f"{ROOT}/{noun}/json", params=params)
        if answer.status_code not in _OK:
            raise self._unclear(answer, _words(answer))
        rows: list[dict[str, Any]] = self.endpoint.read(answer) or []
        return rows

    def _unclear(self, answer: httpx.Response, words: str) -> BackendSilent:
        return BackendSilent(f"{self.endpoint.url} answers {answer.status_code}: {words}")


def _words(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]
