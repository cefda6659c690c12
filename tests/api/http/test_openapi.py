"""Machines try everything the description allows, and some of what it does not: no 500, nothing undocumented."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from api.app import build_app
from api.scenario_engine import Tell
from api.wire.operations import ScenarioProgress, ShippedScenario
from scheduler import Job
from tests.api.http.places import House
from topology import Catalogue

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
ENDLESS = {"/v1/events"}
WITHOUT_INPUT = {"/healthz", "/readyz", "/metrics"}


def operations(house: House) -> list[Any]:
    schema = schemathesis.openapi.from_dict(build_app(house.service).openapi())
    found = [result.ok() for result in schema.get_all_operations()]
    return [operation for operation in found if operation.path not in ENDLESS]


def attack(house: House, examples: int) -> int:
    """Try every operation with so many examples of what is allowed, and of what is not; how many were tried."""
    tried, known = 0, known_names(house)
    for operation in operations(house):
        modes = [GenerationMode.POSITIVE]
        if operation.path not in WITHOUT_INPUT:
            modes.append(GenerationMode.NEGATIVE)
        for mode in modes:

            @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
            @hypothesis.settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[hypothesis.Phase.generate],
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            def knock(case: Any) -> None:
                nonlocal tried
                tried += 1
                if tried % 2:  # what exists is tried as often as what does not
                    for name in set(case.path_parameters or ()) & set(known):
                        case.path_parameters[name] = known[name]
                answer = house.boss.ask(**arguments(case, house.boss.key))
                checked = schemathesis.Response.from_httpx(answer, verify=False)
                case.validate_response(checked, checks=CHECKS)

            knock()
    return tried


def arguments(case: Any, key: str) -> dict[str, Any]:
    how = case.as_transport_kwargs(base_url="http://edwc", headers={"Authorization": f"Bearer {key}"})
    how.pop("cookies", None)
    if "data" in how:
        how["content"] = how.pop("data")
    return {"path": how.pop("url"), **how}


def known_names(house: House) -> dict[str, str]:
    house.tenant("victim")
    keys = house.boss.get("/v1/admin/keys?tenant=victim").json()["keys"]
    started = house.boss.post("/v1/scenarios", json={"scenario": {}}).json()
    return {
        "job_id": house.boss.submit()["id"],
        "name": "victim",
        "prefix": keys[0]["prefix"],
        "site": "zhongwei",
        "scenario_id": started["id"],
    }


class Echo:
    """A scenario runner that answers at once."""

    async def run(self, scenario: Mapping[str, Any], against: Any, tell: Tell) -> Mapping[str, Any]:
        tell(ScenarioProgress(done=0, total=1, text="listens"))
        return {"heard": len(scenario), "against": against}

    async def shipped(self) -> Sequence[ShippedScenario]:
        return [ShippedScenario(name="west-open", title="Open", about="", document={"parent": "west-open"})]


@pytest.fixture
def patient_house(china: Catalogue) -> Iterator[House]:
    """One that lets a key ask as often as it likes, and runs scenarios."""
    home = House(china, runner=Echo(), settings={"requests_per_second": 1e6})
    yield home
    home.close()


def test_a_short_attack_finds_nothing(patient_house: House) -> None:
    assert attack(patient_house, 5) > 250


@pytest.mark.slow
def test_a_long_attack_finds_nothing(patient_house: House) -> None:
    assert attack(patient_house, 60) > 3_000


def test_the_description_holds_every_field_of_a_job(house: House) -> None:
    document = json.loads(house.boss.get("/openapi.json").content)
    assert document["openapi"].startswith("3.1")
    described = document["components"]["schemas"]["Job"]["properties"]
    assert set(described) == {field.name for field in fields(Job)}
    assert all(each.get("description") for each in described.values()), described
