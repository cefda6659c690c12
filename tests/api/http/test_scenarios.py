"""What-ifs: run in a process of their own, watched, compared, cancelled, kept to limits, and kept from files."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.scenario_engine import ScenarioEngine
from tests.api.http.places import Caller, House
from topology import Catalogue

GIB = 2**30
# Stands for `edwc whatif`: tells what it was asked, or misbehaves as the document says.
PLAY = """
import json, pathlib, sys, time
words = sys.argv[1:]
if words[0] == "list":
    print(json.dumps([{"name": "west-open", "title": "The west is open", "about": "As it is."}]))
elif words[0] == "compare":
    print(json.dumps({"a": pathlib.Path(words[1]).name, "b": pathlib.Path(words[2]).name, "waterfall": []}))
else:
    document = json.load(sys.stdin)
    if "sleep_s" in document: time.sleep(document["sleep_s"])
    if "hoard_gib" in document: bytearray(document["hoard_gib"] * 2**30)
    if "fault" in document:
        print("edwc: demand.generate.load = -1: must be 0 or more", file=sys.stderr)
        sys.exit(2)
    print(json.dumps({"scenario": "it", "title": "", "totals": document, "outcome": {}}))
"""


@pytest.fixture
def stand_in(china: Catalogue, tmp_path: Path) -> Iterator[House]:
    """A service whose what-ifs are run by the stand-in."""
    script = tmp_path / "whatif.py"
    script.write_text(PLAY)
    engine = ScenarioEngine(limit_s=20.0, memory_bytes=GIB, command=(sys.executable, str(script)))
    house = House(china, runner=engine, settings={"scenarios_max": 2})
    yield house
    house.run(house.service.scenarios.close())
    house.close()


def start(caller: Caller, scenario: dict[str, Any], **more: Any) -> str:
    answer = caller.post("/v1/scenarios", json={"scenario": scenario, **more})
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "running"
    return str(answer.headers["location"])


def ended(caller: Caller, where: str, patience_s: float = 30.0) -> dict[str, Any]:
    """Ask again and again until a what-if has ended."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        view = caller.get(where).json()
        if view["state"] != "running":
            return dict(view)
        caller.house.run(asyncio.sleep(0.05))
    raise AssertionError(f"{where} still runs")


def test_a_scenario_is_replayed_in_a_process_of_its_own(stand_in: House) -> None:
    view = ended(stand_in.boss, start(stand_in.boss, {"parent": "west-open", "x": 1}))
    assert (view["state"], view["outcome"]["totals"]) == ("succeeded", {"parent": "west-open", "x": 1})
    assert view["finished_at"] > view["created_at"]


def test_two_scenarios_are_compared(stand_in: House) -> None:
    view = ended(stand_in.boss, start(stand_in.boss, {"x": 1}, against={"x": 2}))
    assert view["outcome"]["comparison"] == {"a": "against", "b": "scenario", "waterfall": []}
    assert view["outcome"]["against"]["totals"] == {"x": 2}
    assert view["progress"] == {"done": 2, "total": 3, "text": "compares them"}


def test_a_fault_is_told_in_the_programs_own_words(stand_in: House) -> None:
    view = ended(stand_in.boss, start(stand_in.boss, {"fault": True}))
    assert (view["state"], view["detail"]) == ("failed", "demand.generate.load = -1: must be 0 or more")


def test_cancelling_ends_the_process(stand_in: House) -> None:
    where = start(stand_in.boss, {"sleep_s": 600})
    stand_in.run(asyncio.sleep(0.3))
    began = time.monotonic()
    answer = stand_in.boss.ask("DELETE", where)
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert time.monotonic() - began < 10
    assert stand_in.boss.ask("DELETE", where).json()["state"] == "cancelled"
    assert stand_in.boss.ask("DELETE", start(stand_in.boss, {"sleep_s": 600})).json()["state"] == "cancelled"


def test_a_replay_that_hoards_memory_or_takes_too_long_fails_alone(china: Catalogue, tmp_path: Path) -> None:
    script = tmp_path / "whatif.py"
    script.write_text(PLAY)
    engine = ScenarioEngine(limit_s=1.5, memory_bytes=GIB, command=(sys.executable, str(script)))
    house = House(china, runner=engine, settings={"scenarios_max": 2})
    hoarding, sleeping = start(house.boss, {"hoard_gib": 4}), start(house.boss, {"sleep_s": 60})
    assert "more memory" in ended(house.boss, hoarding)["detail"]
    assert "took longer than" in ended(house.boss, sleeping)["detail"]
    house.close()


def test_so_many_run_at_once_and_no_more(stand_in: House) -> None:
    for _ in range(2):
        start(stand_in.boss, {"sleep_s": 60})
    answer = stand_in.boss.post("/v1/scenarios", json={"scenario": {}})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")


def test_a_tenant_sees_its_own_what_ifs_newest_first(stand_in: House) -> None:
    places = [start(stand_in.boss, {"x": number}) for number in range(2)]
    for where in places:
        ended(stand_in.boss, where)
    listed = stand_in.boss.get("/v1/scenarios").json()["scenarios"]
    assert [f"/v1/scenarios/{each['id']}" for each in listed] == places[::-1]
    assert {each["outcome"] for each in listed} == {None}
    other = stand_in.tenant("other")
    assert other.get("/v1/scenarios").json() == {"scenarios": []}
    assert other.get(places[0]).status_code == other.ask("DELETE", places[0]).status_code == 404


def test_the_shipped_scenarios_are_listed_with_a_document_to_send(stand_in: House) -> None:
    (one,) = stand_in.boss.get("/v1/scenarios/built-in").json()["scenarios"]
    assert (one["name"], one["document"]) == ("west-open", {"parent": "west-open"})


@pytest.mark.parametrize(
    ("scenario", "field"),
    [
        ({"parent": "/etc/passwd"}, "scenario.parent"),
        ({"parent": "mine.toml"}, "scenario.parent"),
        ({"catalogue": "../elsewhere"}, "scenario.catalogue"),
        ({"demand": {"jobs": "/etc/passwd"}}, "scenario.demand.jobs"),
        ({"demand": {"traces": [{"format": "swf", "file": "/etc/passwd"}]}}, "scenario.demand.traces"),
        ({"variants": {"a": {"demand": {"jobs": "x"}}}}, "scenario.variants.a.demand.jobs"),
    ],
)
def test_a_scenario_reads_no_files_of_the_service(stand_in: House, scenario: Any, field: str) -> None:
    for body in ({"scenario": scenario}, {"scenario": {}, "against": scenario}):
        answer = stand_in.boss.post("/v1/scenarios", json=body)
        assert answer.status_code == 422
        assert answer.json()["field"].endswith(field.removeprefix("scenario"))


def test_where_none_may_run_that_is_said(china: Catalogue) -> None:
    house = House(china, settings={"scenarios_max": 0})
    answer = house.boss.post("/v1/scenarios", json={"scenario": {}})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:edwc:problem:not-configured")
    assert "EDWC_SCENARIOS_MAX" in answer.json()["detail"]
    house.close()


@pytest.mark.slow
def test_the_real_program_replays_and_compares(china: Catalogue) -> None:
    house = House(china)
    assert len(house.boss.get("/v1/scenarios/built-in").json()["scenarios"]) > 10
    small = {"demand": {"generate": {"count": 200, "load": 0.02}}, "clock": {"hours": 2.0}}
    where = start(
        house.boss, {"parent": "carbon-price@200", **small}, against={"parent": "west-open", **small}
    )
    view = ended(house.boss, where, 300.0)
    assert view["state"] == "succeeded", view["detail"]
    comparison = view["outcome"]["comparison"]
    total = sum(part["cny"] for part in comparison["waterfall"])
    assert total == pytest.approx(comparison["difference_cny"])
    house.run(house.service.scenarios.close())
    house.close()
