"""The reference at /docs: the API described by the service itself, with nothing from another host."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.api.console.scene import Visitor
from tests.api.http.places import House
from tests.api.http.server import Server
from topology import load_catalogue


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    made = House(load_catalogue("china"))
    yield made
    made.close()


@pytest.mark.parametrize("path", ["/docs", "/"])
def test_no_page_that_the_service_sends_names_another_host(house: House, path: str) -> None:
    answer = house.stranger.get(path)
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text)
    for name in re.findall(r"(?:src|href)=\"(/[^\"]+)\"", answer.text):
        assert house.stranger.get(name).status_code == 200


@pytest.mark.slow
def test_every_endpoint_and_shape_is_shown(browser: Browser, server: Server) -> None:
    who = Visitor(browser, server)
    page = who.page
    page.goto(f"{server.url}/docs#shape-Job")
    with server.client() as client:
        said = client.get("/openapi.json").json()
    expect(page.locator(".operation")).to_have_count(sum(len(verbs) for verbs in said["paths"].values()))
    expect(page.locator("[id^='shape-']")).to_have_count(len(said["components"]["schemas"]))
    expect(page.locator("#shape-Job")).to_contain_text("rtt_ms_max")
    page.fill("#find", "quotes")
    expect(page.locator(".operation:visible")).not_to_have_count(0)
    assert page.locator(".operation:visible").count() < 10
    assert all(url.startswith((server.url, "data:")) for url in who.asked)
    assert not who.complaints
    who.leave()
