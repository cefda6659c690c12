"""Whatever comes in, the answer is a problem document that names the field."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
import structlog

from tests.api.http.places import House, job

JSON = {"Content-Type": "application/json"}


def refused(answer: Any, status: int, field: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:edwc:problem:")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem.get("field", "") == field, problem
    return dict(problem)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 422, ""),
        (b"not json", 422, ""),
        (b"[]", 422, "body"),
        (b"null", 422, ""),
        (b'"job"', 422, ""),
        (b"[1]", 422, "[0]"),
        (b"\xff\xfe", 422, ""),
        (b"[" * 100_000, 422, ""),
        (json.dumps(job(name="a\0b")).encode(), 422, "name"),
        (json.dumps(job(labels={"a": "\0"})).encode(), 422, "labels.a"),
        (json.dumps([job(command=["x", "\udc00"])]).encode(), 422, "[0].command[1]"),
        (json.dumps(job(tasks="8")).encode(), 422, "tasks"),
        (json.dumps(job(tasks=1e300)).encode(), 422, "tasks"),
        (json.dumps(job(value_cny=float("nan"))).encode(), 422, "value_cny"),
        (json.dumps(job(tenant="other")).encode(), 422, "tenant"),
        (json.dumps(job(deadline="2026-07-01T12:00:00")).encode(), 422, "deadline"),
        (json.dumps(job(deadline="2020-01-01T00:00:00Z")).encode(), 422, "deadline"),
        (json.dumps(job(name="x" * 10_000)).encode(), 422, "name"),
        (json.dumps([job("a"), job("a")]).encode(), 422, "[1].name"),
        (json.dumps(job(inputs=[{"at": "atlantis", "size_gb": 1}])).encode(), 422, "inputs[0].at"),
    ],
)
def test_a_body_that_is_no_job_is_refused(house: House, body: bytes, status: int, field: str) -> None:
    refused(house.boss.ask("POST", "/v1/jobs", content=body, headers=JSON), status, field)
    assert house.boss.get("/v1/jobs").json()["jobs"] == []


def test_ten_megabytes_are_too_much(house: House) -> None:
    big = json.dumps(job(labels={"a": "x" * 10_000_000})).encode()
    refused(house.boss.ask("POST", "/v1/jobs", content=big, headers=JSON), 413, "body")


def test_a_body_of_unknown_length_is_counted_as_it_comes(house: House) -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    refused(house.boss.ask("POST", "/v1/jobs", content=endless(), headers=JSON), 413, "body")


def test_too_many_jobs_at_once_are_refused(house: House) -> None:
    refused(house.boss.post("/v1/jobs", json=[job(f"j{n}") for n in range(1001)]), 413, "body")


def test_packed_bodies_are_not_unpacked(house: House) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    answer = house.boss.ask("POST", "/v1/jobs", content=bomb, headers={**JSON, "Content-Encoding": "gzip"})
    refused(answer, 415, "Content-Encoding")


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_another_content_type_is_refused(house: House, media: str) -> None:
    answer = house.boss.ask("POST", "/v1/jobs", content=b"{}", headers={"Content-Type": media})
    refused(answer, 415, "Content-Type")


def test_nesting_has_a_limit_everywhere(house: House) -> None:
    deep = b'{"scenario":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001
    refused(house.boss.ask("POST", "/v1/scenarios", content=deep, headers=JSON), 413, "body")


@pytest.mark.parametrize("key", ["", "x" * 129, "a b"])
def test_an_idempotency_key_has_a_form(house: House, key: str) -> None:
    refused(house.boss.post("/v1/jobs", json=job(), headers={"Idempotency-Key": key}), 422, "Idempotency-Key")


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/v1/jobs?limit=0", 422, "limit"),
        ("/v1/jobs?limit=ten", 422, "limit"),
        ("/v1/jobs?cursor=nonsense", 422, "cursor"),
        ("/v1/jobs?state=happy", 422, "state.0"),
        ("/v1/jobs?since=2026-07-01T00:00:00", 422, "since"),
        ("/v1/jobs?since=0001-01-01T00:00:00%2B14:00", 422, "since"),
        ("/v1/jobs?name=a%00b", 422, "name"),
        ("/v1/jobs?label=a%00=b", 422, "label"),
        ("/v1/jobs/job_1", 404, "job"),
        ("/v1/jobs/job_%00", 404, "job"),
        ("/v1/prices?site=atlantis", 422, "site"),
        ("/v1/prices?start=9999-12-31T23:59:59Z", 422, "start"),
        ("/v1/prices?hours=1e9", 422, "hours"),
        ("/v1/prices?hours=nan", 422, "hours"),
        ("/v1/bills?month=2026-13", 422, "month"),
        ("/v1/events?after=-1", 422, "after"),
        ("/v1/nothing", 404, ""),
        ("/v1/jobs/", 404, ""),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(house: House, path: str, status: int, field: str) -> None:
    refused(house.boss.get(path), status, field)


def test_a_wrong_method_is_named_as_such(house: House) -> None:
    answer = house.boss.ask("DELETE", "/v1/jobs")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert answer.json()["type"] == "urn:edwc:problem:method-not-allowed"


def test_a_bug_of_ours_is_a_problem_document_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.service.intake, "read", lambda *_: 1 / 0)
    with structlog.testing.capture_logs() as lines:
        problem = refused(house.boss.post("/v1/jobs", json=job()), 500, "")
    assert [line["event"] for line in lines] == ["request_failed", "request_answered"]
    assert "division" not in json.dumps(problem)


def test_a_request_id_is_taken_where_it_is_harmless(house: House) -> None:
    assert house.boss.get("/healthz", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    odd = house.boss.get("/healthz", headers={"X-Request-ID": "a b{}\\"}).headers["x-request-id"]
    assert odd.startswith("req_")
