"""Nobody comes in without a key, and nobody sees, guesses or touches another's things."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.auth import Scope
from api.store import Attempt, Key, Many, One, Put, Tenant
from tests.api.http.places import Caller, House, job

OPEN = {"/healthz", "/readyz", "/metrics"}
FILLED = {
    "{job_id}": "job_00000000000000000000000000",
    "{scenario_id}": "scn_1",
    "{name}": "default",
    "{prefix}": "aaaaaaaaaaaa",
    "{site}": "zhongwei",
}


def operations(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, description) of everything that needs a key."""
    paths = house.boss.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path not in OPEN
    ]


def filled(path: str, **names: str) -> str:
    for slot, name in {**FILLED, **names}.items():
        path = path.replace(slot, name)
    return path


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer nonsense",
        "Bearer edwc_aaaaaaaaaaaa_" + "a" * 32,
        "Basic ZWR3YzplZHdj",
        "Bearer {key}x",
        "Bearer {wrong}",
    ],
)
def test_every_door_asks_for_a_valid_key(house: House, header: str) -> None:
    known = house.boss.key
    wrong = known[:-1] + ("a" if known[-1] != "a" else "b")
    given = header.format(key=known, wrong=wrong)
    asked = operations(house)
    assert len(asked) > 25
    for method, path, operation in asked:
        answer = house.stranger.ask(method, filled(path), headers={"Authorization": given}, content=b"\xff{")
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["type"] == "urn:edwc:problem:unauthorized"
        assert operation["security"] == [{"key": []}]


def test_every_door_asks_for_its_scope(house: House) -> None:
    callers = {
        scope: house.caller("default", *(other for other in Scope if other is not scope)) for scope in Scope
    }
    for method, path, operation in operations(house):
        answer = callers[Scope(operation["x-scope"])].ask(method, filled(path))
        assert answer.status_code == 403, (method, path)
        assert operation["x-scope"] in answer.json()["detail"]


def test_anothers_job_is_not_there(house: House) -> None:
    other = house.tenant("other")
    name = house.boss.submit(job(labels={"secret": "plan"}))["id"]
    attempt = Attempt(
        id="att_1", job=name, number=1, tenant="default", site="zhongwei", backend="local", token=1,
        state="running", created_at=house.now,
    )  # fmt: skip
    house.write(Put(record=attempt))
    absent = other.get("/v1/jobs/job_00000000000000000000000000").json()
    for path in (
        f"/v1/jobs/{name}",
        *(f"/v1/jobs/{name}/{part}" for part in ("explanation", "attempts", "logs")),
    ):
        answer = other.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["detail"] == absent["detail"].replace("job_00000000000000000000000000", name)
    assert other.post(f"/v1/jobs/{name}/cancel").status_code == 404
    assert house.boss.get(f"/v1/jobs/{name}").json()["state"] == "queued"


def test_lists_hold_the_callers_own_things_only(house: House) -> None:
    other = house.tenant("other")
    house.boss.submit(job("ours"))
    other.submit(job("theirs"))
    assert [each["name"] for each in other.get("/v1/jobs").json()["jobs"]] == ["theirs"]
    assert [event["data"]["name"] for event in other.events()] == ["theirs"]
    assert other.get("/v1/bills").json()["tenant"] == "other"


def test_a_cursor_of_another_tenant_opens_nothing(house: House) -> None:
    other = house.tenant("other")
    house.boss.post("/v1/jobs", json=[job(f"ours-{n}") for n in range(3)])
    cursor = house.boss.get("/v1/jobs?limit=1").json()["cursor"]
    assert other.get(f"/v1/jobs?cursor={cursor}").json()["jobs"] == []


def test_an_expired_key_is_no_key(house: House) -> None:
    guest = house.caller("default", Scope.READ, expires_at=house.now + timedelta(hours=1))
    assert guest.get("/v1/jobs").status_code == 200
    house.later(hours=1)
    assert guest.get("/v1/jobs").status_code == 401


def test_a_revoked_key_stops_working(house: House) -> None:
    made = house.boss.post("/v1/admin/keys", json={"tenant": "default", "scopes": ["read"]}).json()
    guest = Caller(house, made["key"], house.app)
    assert guest.get("/v1/jobs").status_code == 200
    assert house.boss.ask("DELETE", f"/v1/admin/keys/{made['prefix']}").status_code == 200
    assert guest.get("/v1/jobs").status_code == 401


def test_only_a_digest_of_a_key_is_kept(house: House) -> None:
    keys = house.read(Many(Key)).items
    secret = house.boss.key.rsplit("_", 1)[1]
    assert keys
    assert all(secret not in repr(key) for key in keys)
    assert house.read(One(Key, house.boss.key.split("_")[1])) is not None


def test_a_suspended_tenant_is_told_so(house: House) -> None:
    other = house.tenant("other")
    house.boss.ask("PATCH", "/v1/admin/tenants/other", json={"suspended": True})
    answer = other.get("/v1/jobs")
    assert answer.status_code == 403
    assert "suspended" in answer.json()["detail"]


def test_who_asks_too_often_is_told_when_to_come_back(house: House) -> None:
    house.write(Put(record=Tenant(name="busy", created_at=house.now, requests_per_second=0.5)))
    busy = house.caller("busy", Scope.READ)
    answers = [busy.get("/v1/jobs") for _ in range(3)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 2
    assert house.boss.get("/v1/jobs").status_code == 200
