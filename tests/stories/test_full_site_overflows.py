"""A full site sends the rest of its work away, and what has no room anywhere is left out."""

from scheduler import Reservation, Variant
from tests.builders import A100, job, plan_for, site, world
from topology import Resources


def jobs(count, **fields):
    return [job(f"job-{number}", minutes=240, **fields) for number in range(count)]


def test_second_job_takes_the_dear_site():
    plan = plan_for(jobs(2), world(site("cheap", cpu_cores=15), site("dear"), cny_per_kwh={"cheap": 0.2}))

    assert sorted(placement.site for placement in plan.placements) == ["cheap", "dear"]


def test_third_job_finds_no_room():
    plan = plan_for(jobs(3), world(site("a", cpu_cores=15), site("b", cpu_cores=15)))

    assert len(plan.placements) == 2
    assert plan.rejections[0].reasons == {"NO_ROOM_IN_TIME": 2}


def test_the_less_valuable_job_stays_out():
    poor, rich = job("poor", minutes=240, value_cny=10.0), job("rich", minutes=240, value_cny=20.0)

    plan = plan_for([poor, rich], world(site("a", cpu_cores=15)))

    assert [placement.job for placement in plan.placements] == ["rich"]
    assert plan.cost.rejected_value_cny == 10.0


def test_power_runs_out_before_cores():
    weak = site("weak", power_limit_kw=0.11, base_kw=0.02)  # 10 cores draw 0.057 kW

    plan = plan_for(jobs(2), world(weak))

    assert len(plan.placements) == 1


def test_warm_air_leaves_less_room_for_servers():
    weak = site("weak", power_limit_kw=0.06)

    assert len(plan_for(jobs(1), world(weak, pue={"weak": 1.0})).placements) == 1
    assert len(plan_for(jobs(1), world(weak, pue={"weak": 1.3})).placements) == 0


def test_accelerators_run_out():
    on_gpu = [Variant(accelerator=A100.id, count=4, runtime_minutes=240)]

    plan = plan_for(jobs(3, variants=on_gpu), world(site("gpu", accelerators={A100.id: 8})))

    assert len(plan.placements) == 2


def test_reserved_room_is_not_given_twice():
    held = Reservation(site="a", start_slot=0, end_slot=8, resources=Resources(cpu_cores=990.0))

    plan = plan_for([job(cores=20)], world(site("a"), reserved=[held]))

    assert plan.placements[0].start >= plan.horizon.instant(8)


def test_lost_site_takes_nothing():
    plan = plan_for(
        [job()], world(site("cheap"), site("dear"), cny_per_kwh={"cheap": 0.1}, lost_sites=["cheap"])
    )

    assert plan.placements[0].site == "dear"
