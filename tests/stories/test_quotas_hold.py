"""No tenant holds more than its quota at any instant, and no site uses more energy than it may."""

from dataclasses import replace

import pytest

from scheduler import EnergyQuota, Reservation, Spread, WorldError
from tests.builders import at, job, plan_for, site, verdict_on, world
from topology import Resources

QUOTA = {"lab": {"cpu_cores": 15}}
LIMITS = {"tenants": QUOTA}


def jobs(count, **fields):
    return [job(f"job-{number}", **{"minutes": 60, "tenant": "lab", **fields}) for number in range(count)]


def test_a_tenant_takes_turns_with_itself():
    place = world(site("a"), site("b"), quotas=QUOTA)

    plan = plan_for(jobs(4), place)

    assert sorted(placement.start for placement in plan.placements) == [at(hour) for hour in range(4)]
    assert verdict_on(plan, jobs(4), place, LIMITS).faults == ()


def test_the_fifth_hour_is_not_in_the_day():
    plan = plan_for(jobs(5), world(site("a"), site("b"), quotas=QUOTA))

    assert [rejection.reasons for rejection in plan.rejections] == [{"OVER_QUOTA": 2}]


def test_a_job_larger_than_the_quota_never_runs():
    plan = plan_for(jobs(1, cores=20), world(site("a"), quotas=QUOTA))

    assert plan.rejections[0].reasons == {"OVER_QUOTA": 1}


def test_replicas_count_each():
    plan = plan_for(jobs(1, spread=Spread.TWO_SITES), world(site("a"), site("b"), quotas=QUOTA))

    assert plan.rejections[0].reasons == {"OVER_QUOTA": 2}


def test_others_are_free():
    plan = plan_for([*jobs(4), *(replace(each, name=f"{each.name}-x", tenant="else") for each in jobs(4))],
                    world(site("a"), quotas=QUOTA))  # fmt: skip

    assert len(plan.placements) == 8


def test_running_work_of_the_tenant_counts():
    held = Reservation(site="a", start_slot=0, end_slot=12, resources=Resources(cpu_cores=10.0), tenant="lab")

    plan = plan_for(jobs(1), world(site("a"), quotas=QUOTA, reserved=[held]))

    assert plan.placements[0].start == at(3)


def test_power_may_be_a_quota():
    place = world(site("a"), quotas={"lab": {"it_kw": 0.06}})  # ten cores draw 0.057 kW

    assert len({placement.start for placement in plan_for(jobs(4), place).placements}) == 4


def test_the_judge_sees_a_quota_broken():
    free = world(site("a"))
    plan = plan_for(jobs(2), free)

    kinds = {fault.kind for fault in verdict_on(plan, jobs(2), free, LIMITS).faults}

    assert kinds == {"OVER_QUOTA"}


def test_energy_runs_out():
    # Idle 0.1 kW for two hours, and twice ten cores for an hour at PUE 1.5.
    most = EnergyQuota(site="a", start=at(0), end=at(2), kwh=0.2 + 2 * 1.5 * 0.057)
    place = world(
        site("a", base_kw=0.1), pue={"a": 1.5}, energy_quotas=[most], cny_per_kwh={"a": [0.1, 0.1, 9, 9]}
    )
    limits = {"energy": [{"site": "a", "start": str(at(0)), "end": str(at(2)), "kwh": most.kwh}]}

    plan = plan_for(jobs(4), place)

    early = [int((at(2) - placement.start).total_seconds()) // 900 for placement in plan.placements]
    slots_inside = sum(min(slots, 4) for slots in early if slots > 0)
    assert slots_inside <= 8  # of 16 that would be cheap
    assert verdict_on(plan, jobs(4), place, limits).faults == ()
    limits["energy"][0]["kwh"] -= 1e-3
    assert {fault.kind for fault in verdict_on(plan, jobs(4), place, limits).faults} == {"OVER_ENERGY"}


def test_a_quota_names_what_exists():
    with pytest.raises(WorldError, match="gpus is no resource"):
        world(site("a"), quotas={"lab": {"gpus": 1}})
    with pytest.raises(WorldError, match="no such site"):
        world(site("a"), energy_quotas=[EnergyQuota(site="b", start=at(0), end=at(1), kwh=1.0)])
