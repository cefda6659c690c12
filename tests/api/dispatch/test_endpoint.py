"""What stands in front of a site and answers in its place says nothing of the site, whatever status it gives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from api.dispatch import BackendSilent
from api.dispatch.endpoint import Endpoint
from api.dispatch.kubernetes.cluster import Cluster
from api.dispatch.podman.engine import Engine
from api.dispatch.ray.head import Head

QUESTIONS: dict[str, Callable[[Endpoint], Awaitable[Any]]] = {
    "nodes of Kubernetes": lambda door: Cluster(door, "ns").nodes(),
    "jobs of Kubernetes": lambda door: Cluster(door, "ns").jobs("a=b"),
    "machine of Podman": lambda door: Engine(door).info(),
    "container of Podman": lambda door: Engine(door).container("att_1"),
    "containers of Podman": lambda door: Engine(door).containers("edwc.attempt"),
    "new pod of Podman": lambda door: Engine(door).play("kind: Pod"),
    "new container of Podman": lambda door: Engine(door).create({"name": "att_1", "image": "i"}),
    "jobs of Ray": lambda door: Head(door).jobs(),
}
ANSWERS = {
    "a page": lambda _: httpx.Response(200, html="<h1>maintenance</h1>"),
    "a page of the login": lambda _: httpx.Response(404, html="<h1>who are you?</h1>"),
    "words": lambda _: httpx.Response(200, text="we are back soon"),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_that_is_none_is_silence(question: str, answer: str) -> None:
    async def act() -> None:
        door = Endpoint("http://site", transport=httpx.MockTransport(ANSWERS[answer]))
        with pytest.raises(BackendSilent, match="http://site answers"):
            await QUESTIONS[question](door)
        await door.close()

    asyncio.run(act())


def test_a_page_is_no_word_that_something_was_done() -> None:
    async def act() -> None:
        door = Endpoint("http://site", transport=httpx.MockTransport(ANSWERS["a page"]))
        for deed in (
            Engine(door).stop("att_1", 1),
            Cluster(door, "ns").change("att-1", {}),
            Head(door).stop("a"),
        ):
            with pytest.raises(BackendSilent, match="a page for people"):
                await deed
        await door.close()

    asyncio.run(act())
