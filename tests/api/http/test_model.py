"""The service against a model of it: submissions, retries, cancellations and restarts in any order."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.api.http.places import House, job
from topology import Catalogue

KEYS = st.sampled_from(["k1", "k2", "k3"])
TASKS = st.integers(1, 3)


class Model(RuleBasedStateMachine):
    """What should be there: jobs by id, and the first answer under every idempotency key."""

    catalogue: Catalogue
    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        store = f"sqlite:///{Path(self.folder.name) / 'edwc.db'}"
        self.house = House(self.catalogue, settings={"store": store})
        self.states: dict[str, str] = {}
        self.answers: dict[str, tuple[int, Any]] = {}
        self.moves = 0

    @rule(target=names, tasks=TASKS)
    def submit(self, tasks: int) -> str:
        return self._stored(self.house.boss.submit(job(tasks=tasks)))

    @rule(key=KEYS, tasks=TASKS)
    def submit_once(self, key: str, tasks: int) -> None:
        answer = self.house.boss.post("/v1/jobs", json=job(tasks=tasks), headers={"Idempotency-Key": key})
        if key not in self.answers:
            assert answer.status_code == 201
            self._stored(answer.json())
            self.answers[key] = (tasks, answer.json())
        elif self.answers[key][0] == tasks:
            assert (answer.status_code, answer.json()) == (201, self.answers[key][1])
        else:
            assert answer.status_code == 422

    @rule(tasks=st.lists(TASKS, min_size=1, max_size=4), good=st.booleans())
    def submit_many(self, tasks: list[int], good: bool) -> None:
        jobs = [job(f"job-{n}", tasks=each) for n, each in enumerate(tasks)]
        answer = self.house.boss.post("/v1/jobs", json=jobs if good else [*jobs, job(tasks=0)])
        assert answer.status_code == (201 if good else 422)
        for each in answer.json().get("jobs", []):
            self._stored(each)

    @rule(name=names)
    def cancel(self, name: str) -> None:
        assert self.house.boss.post(f"/v1/jobs/{name}/cancel").json()["state"] == "cancelled"
        self.moves += self.states[name] != "cancelled"
        self.states[name] = "cancelled"

    @rule()
    def restart(self) -> None:
        self.house.restart()

    @invariant()
    def everything_is_there_once(self) -> None:
        listed = self.house.boss.get("/v1/jobs?limit=1000").json()["jobs"]
        assert {each["id"]: each["state"] for each in listed} == self.states
        assert [event["seq"] for event in self.house.boss.events()] == list(range(1, self.moves + 1))

    def _stored(self, answer: dict[str, Any]) -> str:
        assert answer["id"] not in self.states
        self.states[answer["id"]] = "queued"
        self.moves += 1
        return str(answer["id"])

    def teardown(self) -> None:
        self.house.close()
        self.folder.cleanup()


def play(catalogue: Catalogue, examples: int, steps: int) -> None:
    Model.catalogue = catalogue
    run_state_machine_as_test(
        Model,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_service_does_what_the_model_says(china: Catalogue) -> None:
    play(china, 15, 15)


@pytest.mark.slow
def test_the_service_does_what_the_model_says_for_long(china: Catalogue) -> None:
    play(china, 200, 50)
