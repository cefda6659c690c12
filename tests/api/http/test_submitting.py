"""Jobs come in by one or by many, once each, and are found again."""

from __future__ import annotations

import pytest

from tests.api.http.places import House, job


def test_a_job_is_stored_and_shown_as_it_was_sent(house: House) -> None:
    sent = job(labels={"project": "film"}, origin="shanghai", rtt_ms_max=50)
    answer = house.boss.post("/v1/jobs", json=sent)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    shown = house.boss.get(answer.headers["location"]).json()
    assert shown["state"] == "queued"
    assert shown["job"] == sent
    assert float(shown["cost_cny"]) > 0


def test_many_jobs_are_stored_in_the_order_sent(house: House) -> None:
    names = [f"job-{number}" for number in range(20)]
    receipt = house.boss.post("/v1/jobs", json=[job(name) for name in names]).json()
    assert [each["name"] for each in receipt["jobs"]] == names
    listed = house.boss.get("/v1/jobs").json()["jobs"]
    assert [each["name"] for each in listed] == names[::-1]


def test_one_bad_job_keeps_the_whole_list_out_and_is_named(house: House) -> None:
    jobs = [job("a"), job("b", tasks=0), job("c", colour="red")]
    answer = house.boss.post("/v1/jobs", json=jobs)
    assert answer.status_code == 422
    assert [(fault["index"], fault["field"]) for fault in answer.json()["errors"]] == [
        (1, "tasks"),
        (2, "colour"),
    ]
    assert answer.json()["field"] == "[1].tasks"
    assert house.boss.get("/v1/jobs").json()["jobs"] == []


def test_a_misspelt_place_is_answered_with_the_nearest_ones(house: House) -> None:
    problem = house.boss.post("/v1/jobs", json=job(origin="shangai")).json()
    assert problem["field"] == "origin"
    assert problem["nearest"][0] == "shanghai"
    batch = house.boss.post("/v1/jobs", json=[job("a"), job("b", origin="shangai")]).json()
    assert batch["errors"][0]["index"] == 1


def test_a_repeated_request_gets_the_first_answer_and_stores_nothing(house: House) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = house.boss.post("/v1/jobs", json=job(), headers=headers)
    again = house.boss.post("/v1/jobs", json=job(), headers=headers)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert len(house.boss.get("/v1/jobs").json()["jobs"]) == 1


def test_the_same_key_with_another_body_is_refused(house: House) -> None:
    headers = {"Idempotency-Key": "k1"}
    house.boss.submit(job(), headers=headers)
    answer = house.boss.post("/v1/jobs", json=job(tasks=2), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:edwc:problem:idempotency-conflict"
    assert answer.json()["field"] == "Idempotency-Key"


def test_a_retry_after_the_deadline_still_gets_its_first_answer(house: House) -> None:
    headers, urgent = {"Idempotency-Key": "k1"}, job(deadline="2026-07-01T14:00:00+08:00")
    first = house.boss.submit(urgent, headers=headers)
    house.later(hours=3)
    assert house.boss.submit(urgent, headers=headers) == first
    assert house.boss.post("/v1/jobs", json=urgent).json()["field"] == "deadline"


def test_a_key_is_forgotten_after_a_day(house: House) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = house.boss.submit(headers=headers)
    house.later(hours=25)
    assert house.boss.submit(headers=headers)["id"] != first["id"]


def test_two_tenants_may_use_the_same_idempotency_key(house: House) -> None:
    headers = {"Idempotency-Key": "k1"}
    other = house.tenant("other")
    assert house.boss.submit(headers=headers)["id"] != other.submit(headers=headers)["id"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=b", ["b"]),
        ("search=B", ["b"]),
        ("label=team=blue", ["c"]),
        ("state=queued&state=planned", ["c", "b", "a"]),
        ("state=running", []),
        ("since=2026-07-01T13:00:00%2B08:00", ["c"]),
    ],
)
def test_jobs_are_found_by_what_is_known_of_them(house: House, query: str, found: list[str]) -> None:
    house.boss.submit(job("a"))
    house.boss.submit(job("b"))
    house.later(hours=2)
    house.boss.submit(job("c", labels={"team": "blue"}))
    jobs = house.boss.get(f"/v1/jobs?{query}").json()["jobs"]
    assert [each["name"] for each in jobs] == found


def test_pages_hold_every_job_once(house: House) -> None:
    house.boss.post("/v1/jobs", json=[job(f"job-{number}") for number in range(7)])
    names, cursor = [], ""
    while cursor is not None:
        page = house.boss.get(f"/v1/jobs?limit=3{cursor and '&cursor='}{cursor}").json()
        names += [each["name"] for each in page["jobs"]]
        house.later(seconds=1)
        house.boss.submit(job("newcomer"))
        cursor = page["cursor"]
    assert names == [f"job-{number}" for number in reversed(range(7))]


def test_a_waiting_job_is_cancelled_at_once_and_twice_is_once(house: House) -> None:
    name = house.boss.submit()["id"]
    first = house.boss.post(f"/v1/jobs/{name}/cancel")
    again = house.boss.post(f"/v1/jobs/{name}/cancel")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["state"] == again.json()["state"] == "cancelled"
    assert again.json()["version"] == first.json()["version"]


def test_why_a_job_waits_is_explained(house: House) -> None:
    name = house.boss.submit(job("film"))["id"]
    answer = house.boss.get(f"/v1/jobs/{name}/explanation")
    assert answer.status_code == 200
    assert answer.json()["text"].startswith("film ")
    assert len(answer.json()["explanation"]["sites"]) == len(house.service.catalogue.sites)
