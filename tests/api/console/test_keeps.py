"""What the console keeps while the service moves, is away or is slow: forms, orders, places, the newest answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.api.console.scene import Visitor, submit, work
from tests.api.http.server import Server

pytestmark = pytest.mark.slow

NIGHT = "夜班"  # three bytes a sign in UTF-8

LATE = """async () => {
  const { newest } = await import('/console/pace.js');
  const [shown, answers] = [[], {}];
  const read = (name) => new Promise((done) => { answers[name] = () => done(name); });
  const load = newest(read, (answer) => shown.push(answer));
  const both = [load('old'), load('new')];
  answers.new();
  await both[1];
  answers.old();
  await both[0];
  return shown;
}"""
RESTLESS = """async () => {
  const { atMostEvery } = await import('/console/pace.js');
  let runs = 0;
  const soon = atMostEvery(20, () => { runs += 1; });
  for (let calls = 0; runs < 3 && calls < 20000; calls += 1) {
    soon();
    await new Promise((wake) => { setTimeout(wake, 1); });
  }
  return runs;
}"""


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as open_client:
        yield open_client


def fill_in(page: Page, name: str) -> None:
    page.fill("#job-name", name)
    page.fill("#job-cores", "8")


def test_an_offer_goes_when_the_form_says_something_else(visitor: Visitor) -> None:
    page = visitor.show("submit")
    fill_in(page, "changed-my-mind")
    page.click("#quote")
    expect(page.locator(".offer").first).to_be_visible()
    page.fill("#job-cores", "64")
    expect(page.locator("#offers button")).to_have_count(0)


def test_a_job_whose_answer_was_lost_is_sent_again_as_it_was_and_runs_once(
    visitor: Visitor, client: httpx.Client
) -> None:
    page = visitor.show("submit")
    sent: list[tuple[str | None, str | None]] = []

    def lose_the_first(route: Route) -> None:
        sent.append((route.request.header_value("idempotency-key"), route.request.post_data))
        answer = route.fetch()
        assert answer.ok
        if len(sent) == 1:
            route.abort()
        else:
            route.fulfill(response=answer)

    page.route(re.compile("/v1/jobs$"), lose_the_first)
    fill_in(page, "sent-once")
    page.click("#send")
    expect(page.locator("#job-refused")).to_contain_text("does not answer")
    expect(page.locator("#link")).to_be_hidden()
    expect(page.locator("#job-name")).to_have_value("sent-once")
    page.click("#send")
    expect(page.locator("[data-page=jobs] h1")).to_have_text("sent-once")
    assert sent[0] == sent[1]
    assert len(client.get("/v1/jobs", params={"name": "sent-once"}).json()["jobs"]) == 1
    visitor.complaints.clear()  # the browser itself says that there was no answer


def test_the_newest_question_is_the_one_that_is_answered(visitor: Visitor) -> None:
    assert visitor.page.evaluate(LATE) == ["new"]


def test_events_that_never_pause_do_not_put_a_refresh_off(visitor: Visitor) -> None:
    assert visitor.page.evaluate(RESTLESS) == 3


def test_output_is_read_on_where_it_ended_even_within_a_letter(
    visitor: Visitor, client: httpx.Client
) -> None:
    job = submit(client, work("talks"))[0]
    written, asked = NIGHT.encode(), []

    def piece(route: Route) -> None:
        offset = int(re.search(r"offset=(\d+)", route.request.url)[1])  # type: ignore[index]
        asked.append(offset)
        body = written[offset : offset + 4]
        route.fulfill(body=body, headers={"X-Next-Offset": str(offset + len(body)), "X-Complete": "false"})

    page = visitor.page
    page.route(f"**/v1/jobs/{job}/logs?*", piece)
    page.route(f"**/v1/jobs/{job}", lambda route: route.fulfill(json={**route.fetch().json(), "attempt": 1}))
    visitor.show(f"jobs/{job}")
    # Pressed before the first reading has ended, it waits for it.
    page.locator("#logs button", has_text="Read on").click()
    expect(page.locator("#logs pre")).to_have_text(NIGHT)
    assert asked[:2] == [0, 4]


def test_who_acts_by_the_keyboard_stays_in_his_row_and_sees_his_act_first(visitor: Visitor) -> None:
    page = visitor.show("operate")
    page.focus("button[data-act=cordon][data-site=zhongwei]")
    page.keyboard.press("Enter")
    expect(page.locator("button[data-act=uncordon][data-site=zhongwei]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("button[data-act=cordon][data-site=zhongwei]")).to_be_focused()
    page.reload()
    page.wait_for_selector("[data-page=operate][data-shown] #audit-table")
    numbers = page.locator("#audit-table tbody td:first-child").all_text_contents()
    assert numbers == sorted(numbers, key=int, reverse=True)
