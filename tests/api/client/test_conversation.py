"""One call with all its tries, step by step under a clock of our own."""

from typing import Any

import pytest

from api.client import (
    ConflictError,
    InvalidError,
    NoAnswerError,
    Patience,
    TimeLimitError,
    TooManyRequestsError,
    UnavailableError,
)
from api.client.conversation import read_json
from api.client.steps import Call, Exchange, Failure, Reply
from tests.api.client.stage import Stage, lost, reply

SAFE: Call[Any] = Call(method="POST", path="/v1/jobs", body=b"{}", read=read_json)
UNSAFE: Call[Any] = Call(method="POST", path="/v1/scenarios", body=b"{}", read=read_json, repeatable=False)


def test_an_answer_is_read() -> None:
    stage = Stage()
    stage.answers = [reply(201, {"id": "x"})]
    assert stage.run(stage.talk.ask(SAFE)) == ([], {"id": "x"})
    assert stage.pauses == []


def test_every_try_has_a_request_id_of_its_own_and_goes_elsewhere() -> None:
    stage = Stage("http://a", "http://b")
    stage.answers = [lost(), lost(), reply(200, 1)]
    stage.run(stage.talk.ask(SAFE))
    assert [step.headers["x-request-id"] for step in stage.asked] == ["call1-1", "call1-2", "call1-3"]
    assert [step.url for step in stage.asked] == ["http://a", "http://b", "http://a"]
    assert stage.pauses == [0.05, 0.1]


def test_the_late_answer_to_another_request_is_dropped() -> None:
    stage = Stage()

    def late(step: Exchange) -> Reply:
        return Reply(status=201, headers={"x-request-id": "call0-1"}, body=b'{"id": "of another"}')

    stage.answers = [late, reply(201, {"id": "ours"})]
    assert stage.run(stage.talk.ask(SAFE))[1] == {"id": "ours"}


def test_a_success_that_names_no_request_is_not_believed() -> None:
    stage = Stage(patience=Patience(tries_max=1))
    stage.last = lambda _: Reply(status=200, headers={}, body=b"<html>welcome to the hotel</html>")
    with pytest.raises(NoAnswerError, match="without id"):
        stage.run(stage.talk.ask(SAFE))


def test_what_may_have_arrived_and_is_not_repeatable_is_sent_once() -> None:
    stage = Stage()
    stage.answers = [lost(sent=True)]
    with pytest.raises(NoAnswerError, match="may have been done") as caught:
        stage.run(stage.talk.ask(UNSAFE))
    assert caught.value.maybe_done
    assert caught.value.request_id == "call1-1"


def test_what_cannot_have_arrived_is_sent_again_whatever_it_is() -> None:
    stage = Stage()
    stage.answers = [lost(sent=False, refused=True), reply(202, {"id": 1})]
    assert stage.run(stage.talk.ask(UNSAFE))[1] == {"id": 1}


def test_retry_after_is_honoured() -> None:
    stage = Stage()
    stage.answers = [reply(429, {"type": "x"}, retry_after="7"), reply(200, 1)]
    stage.run(stage.talk.ask(UNSAFE))
    assert stage.pauses == [7.05]


def test_a_pause_beyond_the_total_time_is_not_begun() -> None:
    stage = Stage(patience=Patience(total_s=5.0))
    stage.last = reply(429, {"detail": "slower"}, retry_after="7")
    with pytest.raises(TooManyRequestsError, match="slower"):
        stage.run(stage.talk.ask(SAFE))
    assert stage.now == 0.0


def test_the_total_time_ends_the_tries_and_bounds_each() -> None:
    stage = Stage(patience=Patience(total_s=3.0, read_s=2.0, pause_max_s=0.1))

    def slow(step: Exchange) -> Failure:
        stage.now += step.read_s
        return Failure(reason="slow", sent=True)

    stage.last = slow
    with pytest.raises(TimeLimitError, match="after 2 tries: slow"):
        stage.run(stage.talk.ask(SAFE))
    assert stage.asked[0].read_s == 2.0
    assert stage.asked[1].read_s == pytest.approx(0.95)
    assert stage.now <= 3.0


def test_refusals_are_raised_at_once_with_what_they_say() -> None:
    stage = Stage()
    stage.answers = [reply(422, {"type": "t", "detail": "tasks = 0", "field": "tasks"})]
    with pytest.raises(InvalidError, match="tasks = 0") as caught:
        stage.run(stage.talk.ask(SAFE))
    assert (caught.value.field, caught.value.status, caught.value.request_id) == ("tasks", 422, "call1-1")
    stage.answers = [reply(409, {"detail": "budget"})]
    with pytest.raises(ConflictError, match="budget"):
        stage.run(stage.talk.ask(SAFE))


def test_a_service_that_stays_unavailable_is_told_as_such() -> None:
    stage = Stage(patience=Patience(tries_max=3))
    stage.last = reply(503, {"detail": "the store does not answer"})
    with pytest.raises(UnavailableError, match="store does not answer"):
        stage.run(stage.talk.ask(SAFE))
    assert len(stage.asked) == 3


def test_a_call_begins_the_probes_that_are_due() -> None:
    stage = Stage("http://a", "http://b")
    stage.answers = [lost(sent=False, refused=True), reply(200, 1)]
    stage.run(stage.talk.ask(SAFE))
    stage.now += 1.0
    stage.answers = [reply(200, 1)]
    stage.run(stage.talk.ask(SAFE))
    assert stage.probes == ["http://a"]
    assert stage.asked[-1].url == "http://b"


def test_a_script_that_is_left_counts_its_request_as_over() -> None:
    stage = Stage("http://a", "http://b")
    script = stage.talk.ask(SAFE)
    next(script)
    script.close()
    assert [stage.talk.endpoints.begin() for _ in range(2)] == ["http://b", "http://a"]
