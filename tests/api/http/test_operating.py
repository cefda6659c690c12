"""Operators make tenants and keys, close sites, and can be held to account for it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import structlog

from api.auth import Scope
from api.dispatch import LogPiece
from api.store import Attempt, Plan, Put
from tests.api.http.places import Caller, House, job
from topology import Catalogue


def test_a_tenant_is_made_and_given_a_key(house: House) -> None:
    made = house.boss.post(
        "/v1/admin/tenants", json={"name": "film", "weight": 2, "budget_cny_per_month": 100.5}
    )
    assert made.status_code == 201
    assert made.json()["budget_cny_per_month"] == "100.5"
    key = house.boss.post(
        "/v1/admin/keys", json={"tenant": "film", "scopes": ["submit", "read"], "name": "ci"}
    )
    assert Caller(house, key.json()["key"], house.app).submit()["tenant"] == "film"


def test_what_a_change_leaves_out_stays(house: House) -> None:
    house.boss.post("/v1/admin/tenants", json={"name": "film", "jobs_max": 5, "quota": {"cpu_cores": 100}})
    changed = house.boss.ask("PATCH", "/v1/admin/tenants/film", json={"weight": 3, "jobs_max": None}).json()
    assert (changed["weight"], changed["jobs_max"], changed["quota"]) == (3.0, None, {"cpu_cores": 100.0})


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("tenants", {"name": "default"}, 409, ""),
        ("tenants", {"name": "No Such"}, 422, "name"),
        ("tenants", {"name": "x", "weight": 0}, 422, "weight"),
        ("tenants", {"name": "x", "weight": "2"}, 422, "weight"),
        ("tenants", {"name": "x", "colour": "red"}, 422, "colour"),
        ("tenants", {"name": "x", "budget_cny_per_month": "-1"}, 422, "budget_cny_per_month"),
        ("tenants", {"name": "x", "budget_cny_per_month": "NaN"}, 422, "budget_cny_per_month"),
        ("keys", {"tenant": "nobody", "scopes": ["read"]}, 404, "tenant"),
        ("keys", {"tenant": "default", "scopes": ["fly"]}, 422, "scopes.0"),
        ("keys", {"tenant": "default", "scopes": []}, 422, "scopes"),
        (
            "keys",
            {"tenant": "default", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"},
            422,
            "expires_at",
        ),
        ("sites/atlantis/cordon", {}, 404, "site"),
        ("sites/zhongwei/cordon", {"why": "x"}, 422, "why"),
    ],
)
def test_what_makes_no_sense_is_refused(house: House, path: str, body: Any, status: int, field: str) -> None:
    answer = house.boss.post(f"/v1/admin/{path}", json=body)
    assert (answer.status_code, answer.json().get("field", "")) == (status, field), answer.text


def test_a_closed_site_is_shown_closed_and_not_offered(house: House) -> None:
    here = job(residency={"provinces": ["ningxia"]})
    assert house.boss.post("/v1/quotes", json=here).json()["offers"]
    for site in house.service.catalogue.sites:
        if site.province == "ningxia":
            house.boss.post(f"/v1/admin/sites/{site.id}/cordon", json={"detail": "flood"})
    shown = {site["id"]: site for site in house.boss.get("/v1/sites").json()["sites"]}
    assert (shown["zhongwei"]["cordoned"], shown["zhongwei"]["detail"]) == (True, "flood")
    house.run(house.service.quotes.watch.refresh(house.now))
    assert house.boss.post("/v1/quotes", json=here).json()["offers"] == []
    assert house.boss.post("/v1/admin/sites/zhongwei/drain").json()["draining"]
    assert not house.boss.post("/v1/admin/sites/zhongwei/uncordon").json()["cordoned"]


def test_every_action_of_an_operator_leaves_a_row(house: House) -> None:
    house.boss.post("/v1/admin/tenants", json={"name": "film"})
    key = house.boss.post("/v1/admin/keys", json={"tenant": "film", "scopes": ["read"]}).json()
    house.boss.ask("PATCH", "/v1/admin/tenants/film", json={"suspended": True})
    house.boss.ask("DELETE", f"/v1/admin/keys/{key['prefix']}")
    house.boss.post("/v1/admin/sites/zhongwei/drain")
    rows = house.boss.get("/v1/admin/audit?limit=100").json()["rows"]
    assert [row["action"] for row in rows[2:]] == [
        "tenant.make", "key.make", "tenant.change", "key.revoke", "site.draining",
    ]  # fmt: skip
    assert all(row["actor"] == f"default/{house.boss.key.split('_')[1]}" for row in rows[2:])
    assert not any(key["key"].rsplit("_", 1)[1] in json.dumps(row) for row in rows)
    verdict = house.boss.post("/v1/admin/audit/verify").json()
    assert (verdict["sound"], verdict["rows"]) == (True, 7)


def test_the_latest_plan_shows_its_proof_and_the_callers_own_places(house: House) -> None:
    assert house.boss.get("/v1/plans/latest").status_code == 404
    plan = Plan(
        id="pln_1", created_at=house.now, policy="optimal", status="optimal", objective_cny=2.0, lower_bound_cny=1.9,
        gap=0.05, solve_seconds=0.1, world_digest="",
        document=json.dumps({"shadow_prices": [], "placements": [{"job": "x"}]}),
    )  # fmt: skip
    house.write(Put(record=plan))
    shown = house.boss.get("/v1/plans/latest").json()
    assert (shown["gap"], shown["placements"]) == (0.05, [])


def test_logs_are_read_piece_by_piece(china: Catalogue) -> None:
    async def read_logs(attempt: Attempt, offset: int, stream: str) -> LogPiece:
        text = f"{attempt.id} {stream}".encode()
        return LogPiece(data=text[offset:], next_offset=len(text), complete=True)

    house = House(china, read_logs=read_logs)
    name = house.boss.submit()["id"]
    assert house.boss.get(f"/v1/jobs/{name}/logs").status_code == 404
    attempt = Attempt(
        id="att_1", job=name, number=1, tenant="default", site="zhongwei", backend="local", token=1,
        state="running", created_at=house.now,
    )  # fmt: skip
    house.write(Put(record=attempt))
    answer = house.boss.get(f"/v1/jobs/{name}/logs?attempt=1&stream=stderr&offset=6")
    assert (answer.text, answer.headers["x-next-offset"], answer.headers["x-complete"]) == (
        "stderr",
        "12",
        "true",
    )
    assert house.boss.get(f"/v1/jobs/{name}/attempts").json()["attempts"][0]["id"] == "att_1"
    house.close()


def test_metrics_count_what_happens(house: House) -> None:
    house.boss.submit()
    house.boss.get("/v1/jobs/job_00000000000000000000000000")
    text = house.stranger.get("/metrics").text
    assert 'edwc_jobs{state="queued"} 1.0' in text
    assert "edwc_jobs_accepted_total 1.0" in text
    count = r'edwc_http_request_seconds_count{method="GET",route="/v1/jobs/\{job_id\}",status="404"} 1.0'
    assert re.search(count.replace("{m", r"\{m"), text)


def test_the_service_says_whether_it_can_work(house: House) -> None:
    assert house.stranger.get("/healthz").json() == {"status": "ok"}
    assert house.stranger.get("/readyz").json() == {"status": "ok", "store": "ok", "loop": "elsewhere"}
    house.run(house.service.store.close())
    answer = house.stranger.get("/readyz")
    assert (answer.status_code, answer.json()["store"]) == (503, "does not answer")


def test_a_silent_loop_is_found_out(house: House) -> None:
    class Loop:
        leading = True
        last_tick_at = house.now

    object.__setattr__(house.service, "loop", Loop())
    assert house.stranger.get("/readyz").json()["loop"] == "ok"
    house.later(minutes=2)
    assert house.stranger.get("/readyz").status_code == 503


def test_every_log_line_of_a_request_carries_its_id(house: House) -> None:
    from api.logs import _add_request_id  # noqa: PLC0415

    lines: list[Any] = []
    structlog.configure(processors=[_add_request_id, lambda _, __, event: lines.append(dict(event)) or "{}"])
    try:
        house.boss.get("/v1/jobs/job_1", headers={"X-Request-ID": "abc"})
    finally:
        structlog.reset_defaults()
    assert lines
    assert {line["request_id"] for line in lines} == {"abc"}


def test_a_first_start_makes_one_tenant_and_one_key(house: House) -> None:
    from api.bootstrap import welcome  # noqa: PLC0415

    assert house.run(welcome(house.service.store, house.service.secret, house.now)) is None
    keys = house.boss.get("/v1/admin/keys").json()["keys"]
    assert [set(key["scopes"]) for key in keys] == [{scope.value for scope in Scope}]
