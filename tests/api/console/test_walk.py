"""A customer and an operator walk through the console: they look, understand and act."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.api.console.scene import Visitor, submit, work
from tests.api.http.server import Server

PAGES = ("map", "jobs", "submit", "plan", "money", "whatif", "operate")
EVIL = '<img src=x onerror="document.title=1">'
PATIENCE_S = 120.0


def until(act: Callable[[], Any]) -> Any:
    """Ask until the answer is true."""
    end = time.monotonic() + PATIENCE_S
    while not (found := act()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.3)
    return found


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as open_client:
        yield open_client


@pytest.fixture(scope="module")
def busy(client: httpx.Client) -> list[str]:
    """A pool with work now and later, some of it with a hostile name."""
    names = [
        work(
            f"night-{number:02d}",
            tasks=20,
            variants=[{"runtime_minutes": 150}],
            release=later(hours=5),
            deadline=later(hours=20),
        )
        for number in range(30)
    ]
    jobs = submit(
        client,
        *names,
        work(EVIL),
        work("near", rtt_ms_max=20),
        work("lasting", variants=[{"runtime_minutes": 600}], deadline=later(hours=11)),
    )
    until(lambda: all(client.get(f"/v1/jobs/{job}").json()["site"] for job in jobs))
    until(lambda: client.get("/v1/plans").json()["plans"])
    # The market behind map and plan is drawn anew in the background: it may not know the jobs yet.
    until(lambda: len(client.get("/v1/plans/latest/timeline").json()["bars"]) >= len(names))
    return jobs


def test_a_key_opens_the_console_and_a_wrong_one_does_not(browser: Browser, server: Server) -> None:
    who = Visitor(browser, server)
    page = who.open()
    page.fill("#key", "edwc_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    page.click("button[type=submit]")
    expect(page.locator(".fault")).to_contain_text("not known")
    who.sign_in()
    expect(page.locator("h1")).to_have_text("Map")
    assert server.key not in page.url
    page.click("#sign-out")
    expect(page.locator("h1")).to_have_text("Sign in")
    assert page.evaluate("sessionStorage.length") == 0
    assert all(url.startswith((server.url, "data:", "blob:")) for url in who.asked)
    who.leave()


@pytest.mark.slow
def test_a_customer_takes_an_offer_and_sees_the_job_through(visitor: Visitor) -> None:
    page = visitor.show("submit")
    page.click("#quote")
    expect(page.locator("#fault-name")).not_to_be_empty()
    page.fill("#job-name", "from-the-console")
    page.select_option("#origin", "beijing")
    # It must end two minutes after it could: the plan has no later hour to prefer.
    page.fill("#job-runtime", "52")
    page.fill("#job-deadline", "0.9")
    page.click("#quote")
    expect(page.locator(".offer[data-choice=cheapest]")).to_be_visible()
    expect(page.locator(".offer[data-choice=greenest] .price")).to_contain_text("¥")
    expect(page.locator("button[data-choice^='region:']").first).to_be_visible()
    page.click(".offer[data-choice=now] button.primary")
    page.wait_for_selector("[data-page=jobs] h1:has-text('from-the-console')")
    expect(page.locator("#why .pairs dd").first).to_contain_text("¥")
    expect(page.locator(".buttons .state")).to_have_text(re.compile("running|succeeded"), timeout=180_000)
    expect(page.locator(".buttons .state")).to_have_text("succeeded", timeout=120_000)
    expect(page.locator("#attempts tbody tr")).to_have_count(1)


@pytest.mark.slow
def test_the_map_replays_the_hours_to_come(visitor: Visitor, busy: list[str]) -> None:
    def hour_with_flows(page: Page) -> int | None:
        for hour in range(48):
            page.locator("#hour").fill(str(hour))
            expect(page.locator("svg.atlas[data-hour]")).to_have_attribute("data-hour", str(hour))
            if page.locator(".flows path").count():
                return hour
        return None

    page = visitor.show("map")
    expect(page.locator("circle.site")).to_have_count(68)
    expect(page.locator(".land path")).to_have_count(34)
    until(lambda: hour_with_flows(page) is not None)
    expect(page.locator("#site-panel .ranking li").first).to_be_visible()
    visitor.picture("map-replayed")
    before = page.locator("#map-time").text_content()
    page.locator("#hour").fill("47")
    expect(page.locator("svg.atlas[data-hour]")).to_have_attribute("data-hour", "47")
    assert page.locator("#map-time").text_content() != before
    page.click("#play")
    expect(page.locator("svg.atlas[data-hour]")).not_to_have_attribute("data-hour", "47")
    page.click("#play")
    page.select_option("#site", "zhongwei")
    expect(page.locator("#site-panel h2")).to_contain_text("Zhongwei")
    expect(page.locator("#site-panel .chart svg").first).to_be_visible()
    for metric in ("price", "carbon"):
        page.select_option("#metric", metric)
        expect(page.locator(".map-legend")).to_contain_text("/kWh")


@pytest.mark.slow
def test_an_operator_cordons_a_site_and_sees_its_work_move(
    visitor: Visitor, client: httpx.Client, busy: list[str]
) -> None:
    def planned_at() -> dict[str, str]:
        jobs = client.get("/v1/jobs", params={"state": "planned", "limit": 500}).json()["jobs"]
        return {job["id"]: job["site"] for job in jobs if job["name"].startswith(("night", "late"))}

    submit(
        client,
        *[work(f"late-{number}", release=later(hours=6), deadline=later(hours=30)) for number in range(6)],
    )
    site = until(lambda: next(iter(planned_at().values()), None))
    page = visitor.show("operate")
    page.fill("#find-site", site)
    page.fill("#why", "pump failure")
    page.click(f"button[data-act=cordon][data-site='{site}']")
    expect(page.locator("#sites-table")).to_contain_text("cordoned")
    expect(page.locator("#sites-table")).to_contain_text("pump failure")
    until(lambda: site not in planned_at().values())
    visitor.show("map")
    expect(page.locator(f"circle[data-site='{site}']")).to_have_class(
        "site " + kind_of(client, site) + " cordoned"
    )
    visitor.show("operate")
    page.fill("#find-site", site)
    page.click(f"button[data-act=uncordon][data-site='{site}']")
    expect(page.locator("#sites-table")).not_to_contain_text("cordoned")
    page.click("#verify")
    expect(page.locator("#audit-verdict")).to_contain_text("Sound")


def later(hours: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600 * hours))


def kind_of(client: httpx.Client, site: str) -> str:
    return next(each["kind"] for each in client.get("/v1/sites").json()["sites"] if each["id"] == site)


@pytest.mark.slow
def test_a_hostile_name_is_shown_as_text(visitor: Visitor, busy: list[str]) -> None:
    page = visitor.show(f"jobs?search={quote(EVIL)}")
    expect(page.locator("#jobs")).to_contain_text(EVIL)
    page.click(f"#jobs a:has-text('{EVIL[:4]}')")
    expect(page.locator("h1")).to_have_text(EVIL)
    for name in ("plan", "money"):
        visitor.show(name)
    assert page.locator("img[src=x]").count() == 0
    assert not [url for url in visitor.asked if url.endswith("/x")]


@pytest.mark.slow
def test_every_page_speaks_both_languages_and_is_drawn(
    browser: Browser, server: Server, busy: list[str]
) -> None:
    for language, short in (("en-GB", "en"), ("zh-CN", "zh")):
        who = Visitor(browser, server, language=language)
        who.sign_in()
        page = who.page
        for name in PAGES:
            who.show(name)
            heading = page.locator("h1").first.text_content() or ""
            assert any("\u4e00" <= sign <= "\u9fff" for sign in heading) == (short == "zh")
            if name == "plan":
                expect(page.locator("#heat[data-drawn]")).to_be_attached()
                assert page.locator(".gantt rect").count() > 5
                assert page.locator("#heat image, #heat .heatmaplayer").count() > 0
            if name == "map":
                assert page.locator("circle.site").count() == 68
            assert who.picture(f"{name}-{short}").stat().st_size > 10_000
        assert not who.complaints
        who.leave()


@pytest.mark.slow
def test_a_job_is_found_by_a_part_of_its_name_and_explained_in_the_readers_language(
    visitor: Visitor, busy: list[str]
) -> None:
    page = visitor.show("jobs")
    page.fill("#filter-name", "IGHT-0")
    expect(page.locator("#jobs tbody tr")).to_have_count(10)
    page.click("#jobs a:has-text('night-07')")
    summary = page.locator("#why summary")
    summary.click()
    expect(page.locator("#why pre")).to_contain_text("night-07 runs at")
    page.click("#language")
    summary.click()
    words = page.locator("#why pre")
    expect(words).to_contain_text("night-07 安排在")
    expect(words).to_contain_text("其他站点")
    assert not re.search(r"[a-z]{4,} [a-z]{3,}", words.text_content() or ""), (
        "English words in a Chinese text"
    )


@pytest.mark.slow
def test_what_is_shown_can_be_taken_away_as_a_file(visitor: Visitor, busy: list[str]) -> None:
    visitor.show("plan")
    for name in ("gantt", "heat", "history"):
        drawn = ElementTree.fromstring(visitor.save(f"#{name}-svg"))
        assert drawn.tag.endswith("svg")
        assert float(drawn.attrib["width"]) > 300
        assert visitor.save(f"#{name}-png").startswith(b"\x89PNG")
        head, *rows = csv.reader(visitor.save(f"#{name}-csv").decode("utf-8-sig").splitlines())
        assert rows
        assert {len(row) for row in rows} == {len(head)}
    bars = list(csv.DictReader(visitor.save("#gantt-csv").decode("utf-8-sig").splitlines()))
    assert {bar["name"] for bar in bars} >= {f"night-{number:02d}" for number in range(30)}
    visitor.show("money")
    savings = visitor.save("#savings-csv").decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in savings] == ["", "planned", "stay"]
    assert b"total_cny" in visitor.save("#bill-csv")


@pytest.mark.slow
def test_a_service_that_is_away_is_said_to_be_away_and_comes_back(visitor: Visitor) -> None:
    page = visitor.show("jobs")
    page.context.set_offline(offline=True)
    page.locator("nav a", has_text="Money").click()
    expect(page.locator(".refusal")).to_contain_text("does not answer")
    expect(page.locator("#link")).to_be_visible()
    page.context.set_offline(offline=False)
    expect(page.locator("#link")).to_be_hidden()
    expect(page.locator("[data-page=money][data-shown] h1")).to_have_text("Money and carbon")
    visitor.complaints.clear()  # the browser itself says that it is offline


@pytest.mark.slow
def test_a_question_asked_too_soon_is_asked_again(visitor: Visitor) -> None:
    asked: list[str] = []

    def too_soon(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()
        else:
            route.fulfill(status=429, headers={"Retry-After": "0.1"}, json={"detail": "later"})

    visitor.page.route("**/v1/jobs?*", too_soon)
    expect(visitor.show("jobs").locator("h1")).to_have_text("Jobs")
    assert len(asked) == 2
    visitor.complaints.clear()  # the browser itself says that 429 was the answer


@pytest.mark.slow
def test_a_key_that_no_longer_works_leads_back_to_the_door(visitor: Visitor) -> None:
    page = visitor.page
    page.route("**/v1/jobs?*", lambda route: route.fulfill(status=401, json={"detail": "unknown key"}))
    page.locator("nav a", has_text="Jobs").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    expect(page.locator("#notices")).to_contain_text("no longer works")
    assert page.evaluate("sessionStorage.length") == 0
    visitor.complaints.clear()  # the browser itself says that 401 was the answer


@pytest.mark.slow
def test_the_language_is_switched_and_kept(visitor: Visitor) -> None:
    page = visitor.show("jobs")
    page.click("#language")
    expect(page.locator("h1")).to_have_text("作业")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.reload()
    expect(page.locator("h1")).to_have_text("作业")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(browser: Browser, server: Server, busy: list[str], theme: str) -> None:
    who = Visitor(browser, server, color_scheme=theme)
    who.sign_in()
    for name in (*PAGES, f"jobs/{busy[0]}"):
        who.show(name)
        found = Axe().run(who.page).response["violations"]
        serious = [
            f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
            for fault in found
            if fault["impact"] in {"serious", "critical"}
        ]
        assert not serious, f"{name}, {theme}: {serious}"
    who.leave()


@pytest.mark.slow
@pytest.mark.parametrize("width", [375, 768, 2560])
def test_no_page_is_wider_than_the_window(
    browser: Browser, server: Server, busy: list[str], width: int
) -> None:
    who = Visitor(browser, server, viewport={"width": width, "height": 900})
    who.sign_in()
    for name in (*PAGES, f"jobs/{busy[0]}"):
        page = who.show(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    who.leave()


@pytest.mark.slow
def test_the_keyboard_reaches_what_the_mouse_does(visitor: Visitor) -> None:
    page = visitor.show("jobs")
    page.reload()
    page.wait_for_selector("[data-page=jobs][data-shown]")
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.locator("nav a", has_text="Plan").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-page=plan] h1")
