"""Event streams that break, and waiting on them: nothing lost, nothing twice."""

import json
from typing import Any

import pytest

from api.client import Event, JobStatus, NoAnswerError, NotFoundError, Patience, TimeLimitError
from api.client.event_stream import EventReader
from api.client.following import Opened, follow, wait_for
from api.client.steps import Exchange, Failure
from tests.api.client.stage import Answer, Stage, reply

BROKEN = Failure(reason="reset", sent=True)


def message(seq: int, kind: str = "job.running", subject: str = "job_1") -> bytes:
    data = {
        "seq": seq,
        "at": "2026-07-01T00:00:00Z",
        "kind": kind,
        "subject": subject,
        "data": {"名": "作业"},
    }
    return f"id: {seq}\nevent: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def job(name: str, state: str) -> dict[str, Any]:
    empty = dict.fromkeys(("finished_at", "starts_at", "ends_at", "placement"))
    texts = dict.fromkeys(("tenant", "site", "plan", "detail", "quote"), "")
    instants = dict.fromkeys(("created_at", "updated_at"), "2026-07-01T00:00:00Z")
    rest = {
        "version": 1,
        "labels": {},
        "attempt": 0,
        "cancel_asked": False,
        "reasons": {},
        "cost_cny": "1.00",
        "job": {},
    }
    return {"id": name, "name": name, "state": state, **empty, **texts, **instants, **rest}


def service(states: dict[str, str]) -> Answer:
    """Answers for jobs of these states; whatever else is opened is a stream."""

    def answer(step: Exchange) -> Any:
        path = step.call.path
        if path == "/v1/events":
            return reply(200)(step)
        if path == "/v1/jobs":
            jobs = [job(name, states[name]) for name in sorted(states, reverse=True)]
            return reply(200, {"jobs": jobs, "cursor": None})(step)
        name = path.rsplit("/", 1)[1]
        return reply(200, job(name, states[name]))(step) if name in states else reply(404, {})(step)

    return answer


def seqs(emitted: list[Any]) -> list[int]:
    return [each.seq for each in emitted if isinstance(each, Event)]


def take(stage: Stage, **options: Any) -> list[Any]:
    """Follow until the stage has nothing more to say."""
    emitted: list[Any] = []
    script = follow(stage.talk, **options)

    def recording() -> Any:
        try:
            answer = None
            while True:
                step = script.send(answer)
                if hasattr(step, "value"):
                    emitted.append(step.value)
                answer = yield step
        finally:
            script.close()

    with pytest.raises(TimeLimitError):
        stage.run(recording())
    return emitted


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_messages_are_read_wherever_they_were_cut(size: int) -> None:
    whole = b"retry: 1000\n\n: still here\n\n" + message(1) + message(2).replace(b"\n", b"\r\n")
    reader = EventReader()
    events = [event for at in range(0, len(whole), size) for event in reader.feed(whole[at : at + size])]
    assert [event.seq for event in events] == [1, 2]
    assert events[0].data == {"名": "作业"}
    assert reader.retry_s == 1.0


def test_half_a_message_is_none() -> None:
    assert list(EventReader().feed(message(1)[:-1])) == []


def test_a_broken_stream_goes_on_after_the_last_event() -> None:
    stage = Stage("http://a", "http://b", patience=Patience(silence_s=10.0))
    stage.last = reply(200)
    stage.pieces = [message(4), message(5)[:20], BROKEN, message(5), b"", message(5), message(6)]
    assert seqs(take(stage, after=3, until=20.0)) == [4, 5, 6]
    resumed = [step.headers["last-event-id"] for step in stage.asked]
    assert resumed[:3] == ["3", "4", "5"]
    assert stage.asked[1].url != stage.asked[0].url


def test_a_mangled_message_is_asked_for_again() -> None:
    stage = Stage(patience=Patience(silence_s=10.0))
    stage.last = reply(200)
    stage.pieces = [b'data: {"seq": 1, no json\n\n', message(1)]
    assert seqs(take(stage, after=0, until=20.0)) == [1]


def test_before_the_first_event_every_opening_is_told() -> None:
    stage = Stage(patience=Patience(silence_s=2.0))
    stage.last = reply(200)
    stage.pieces = [BROKEN, message(9)]
    emitted = take(stage, until=5.0)
    assert emitted[:2] == [Opened(), Opened()]
    assert seqs(emitted) == [9]


def test_a_stream_without_contact_for_long_is_given_up() -> None:
    stage = Stage(patience=Patience(lost_s=30.0))
    stage.last = lambda _: Failure(reason="refused", sent=False, refused=True)
    with pytest.raises(NoAnswerError, match="no contact with http://a for 30 s"):
        stage.run(follow(stage.talk))


def test_waiting_ends_when_every_job_has() -> None:
    stage = Stage()
    states = {"job_1": "running", "job_2": "succeeded"}
    stage.last = service(states)
    stage.pieces = [message(7, "job.running", "job_9"), message(8, "job.failed", "job_1")]
    script = wait_for(stage.talk, ["job_1", "job_2"])
    step, answer = next(script), None
    ends = []
    while True:  # the job fails while we watch
        if isinstance(getattr(step, "value", None), Event):
            states["job_1"] = "failed"
        if isinstance(getattr(step, "value", None), JobStatus):
            ends.append((step.value.id, step.value.state))
        try:
            step = script.send(answer if answer is not None else _answer(stage, step))
        except StopIteration:
            break
    assert ends == [("job_2", "succeeded"), ("job_1", "failed")]


def _answer(stage: Stage, step: Any) -> Any:
    if isinstance(step, Exchange):
        assert stage.last is not None
        return stage.last(step)
    return stage.pieces.pop(0) if hasattr(step, "silence_s") else None


def test_waiting_reads_the_states_after_the_stream_was_opened() -> None:
    stage = Stage()
    stage.last = service({"job_1": "succeeded"})
    stage.run(wait_for(stage.talk, ["job_1"]))
    assert [step.call.path for step in stage.asked] == ["/v1/events", "/v1/jobs/job_1"]


def test_many_jobs_are_looked_up_by_pages() -> None:
    stage = Stage()
    names = [f"job_{number:03}" for number in range(100)]
    stage.last = service(dict.fromkeys(names, "succeeded"))
    emitted, _ = stage.run(wait_for(stage.talk, names))
    assert {job.id for job in emitted} == set(names)
    assert len(stage.asked) == 2


def test_waiting_for_a_job_that_is_not_there_is_refused() -> None:
    stage = Stage()
    stage.last = service({})
    with pytest.raises(NotFoundError):
        stage.run(wait_for(stage.talk, ["job_1"]))


def test_waiting_for_nothing_is_over_at_once() -> None:
    stage = Stage()
    assert stage.run(wait_for(stage.talk, [])) == ([], None)


def test_waiting_ends_with_its_time() -> None:
    stage = Stage()
    stage.last = service({"job_1": "running"})
    with pytest.raises(TimeLimitError):
        stage.run(wait_for(stage.talk, ["job_1"], timeout_s=100.0))
    assert stage.now == pytest.approx(100.0, abs=1.0)
