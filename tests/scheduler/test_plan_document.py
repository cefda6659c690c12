"""A plan survives being written and read; a wrong plan file is refused by field."""

import json

import pytest

from scheduler import DocumentError, Policy, plan_from_document, plan_to_document, read_plan, schedule
from tests.builders import job, site, world


@pytest.fixture(scope="module")
def plan():
    jobs = [job("a"), job("b", cores=5000), job("c", minutes=62.5)]
    return schedule(jobs, world(site("x"), site("y"), g_per_kwh={"x": 500.0}, carbon_cny_per_t=80.0))


def test_nothing_is_lost_on_paper(plan, tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan_to_document(plan)))

    assert read_plan(path) == plan


def test_document_has_the_promised_fields_in_order(plan):
    document = plan_to_document(plan)

    assert list(document) == [
        "horizon", "policy", "status", "objective_cny", "lower_bound_cny", "gap", "solve_seconds",
        "cost", "carbon_kg", "energy_kwh", "placements", "rejections", "shadow_prices",
    ]  # fmt: skip
    assert list(document["cost"]) == ["energy_cny", "carbon_cny", "network_cny", "rejected_value_cny"]
    assert document["horizon"] == {"start": "2026-07-01T00:00:00+08:00", "slot_minutes": 15, "slots": 16}
    assert document["rejections"] == [{"job": "b", "reasons": {"TOO_LARGE": 2}}]
    assert document["placements"][0]["runs"] == [
        [document["placements"][0]["start"], document["placements"][0]["end"]]
    ]


def test_weights_are_written_only_when_they_weigh(plan):
    weighted = schedule([job()], world(site("x")), policy=Policy(carbon_weight=3.0))

    assert "weights" not in plan_to_document(plan)
    assert plan_to_document(weighted)["weights"] == {"energy": 1.0, "carbon": 3.0, "network": 1.0}
    assert plan_from_document(plan_to_document(weighted)) == weighted


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"policy": "best"}, "policy"),
        ({"status": "fine"}, "status"),
        ({"gap": "small"}, "gap"),
        ({"objective_cny": float("nan")}, "objective_cny"),
        ({"extra": 1}, "extra"),
        ({"horizon": {"start": "2026-07-01T00:00:00", "slot_minutes": 15, "slots": 4}}, "horizon.start"),
        ({"horizon": {"start": "2026-07-01T00:00:00Z", "slot_minutes": 15, "slots": 0}}, "horizon.slots"),
        ({"placements": [{"job": "a"}]}, "placements[0].site"),
    ],
)
def test_a_wrong_plan_is_refused(plan, change, field):
    with pytest.raises(DocumentError) as caught:
        plan_from_document({**plan_to_document(plan), **change})

    assert caught.value.field == field


def test_a_truncated_plan_file_is_refused(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text('{"horizon": {')

    with pytest.raises(DocumentError, match="cut off"):
        read_plan(path)
