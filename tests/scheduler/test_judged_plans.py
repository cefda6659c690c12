"""Plans of the built-in network, of every policy, before the judge, who shares no code with the planner."""

from __future__ import annotations

import random

import pytest

from pricing import build_price_book
from scheduler import POLICIES, Job, Policy, Variant, World, job_to_document, plan_to_document, schedule
from scheduler.judge import judge
from tests.builders import START, at, job
from topology import Horizon, Network, load_catalogue


@pytest.fixture(scope="module")
def china() -> World:
    catalogue = load_catalogue()
    horizon = Horizon(start=START, slots=48, slot_minutes=30)
    return World(catalogue=catalogue, network=Network(catalogue), prices=build_price_book(catalogue, horizon))


def mixed_jobs(world: World, count: int, seed: int) -> list[Job]:
    """Jobs that use every field a plan has to honour, many of them at the edge of what fits."""
    dice = random.Random(seed)
    cities = [city.id for city in world.catalogue.cities]
    models = sorted({model for site in world.catalogue.sites for model in site.capacity.accelerators})
    provinces = sorted({site.province for site in world.catalogue.sites})

    def one(number: int) -> Job:
        release = dice.choice([None, at(dice.uniform(0, 12))])
        accelerated = dice.random() < 0.5
        minutes = dice.choice([7.5, 30.0, 61.0, 333.3])
        variants = [
            Variant(runtime_minutes=minutes * (1 + step), accelerator=model, count=dice.choice([0.5, 1, 8]))
            for step, model in enumerate(dice.sample(models, 2))
        ]
        return job(
            f"job-{number}",
            cores=dice.choice([1.0, 16.0, 96.0]),
            memory_gib=dice.choice([0.0, 64.0]),
            minutes=minutes,
            variants=variants if accelerated else (),
            tasks=dice.choice([1, 4, 200]),
            release=release,
            deadline=dice.choice([None, (release or START) + (at(10) - START)]),
            origin=dice.choice(cities),
            rtt_ms_max=dice.choice([None, 8.0, 30.0, 80.0]),
            inputs={
                place: dice.choice([1.0, 3000.0]) for place in dice.sample(cities, dice.choice([0, 1, 2]))
            },
            outputs=dict.fromkeys(dice.sample(cities, dice.choice([0, 1])), 10.0),
            provinces=dice.sample(provinces, 5) if dice.random() < 0.2 else (),
            value_cny=dice.choice([None, 1.0, 1000.0]),
            budget_cny=dice.choice([None, None, 20.0]),
            carbon_kg_max=dice.choice([None, None, 30.0]),
        )

    return [one(number) for number in range(count)]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_judge_finds_no_fault(china, policy):
    jobs = mixed_jobs(china, 120, seed=POLICIES.index(policy))

    plan = schedule(jobs, china, policy=Policy(name=policy), time_limit_s=2.0)

    documents = [job_to_document(each) for each in jobs]
    verdict = judge(documents, plan_to_document(plan), china.catalogue)
    assert verdict.faults == ()
    assert len(plan.placements) > 40


def test_the_judge_finds_no_fault_in_a_weighted_plan(china):
    jobs = mixed_jobs(china, 60, seed=99)

    plan = schedule(jobs, china, policy=Policy(carbon_weight=5.0, network_weight=0.0), time_limit_s=2.0)

    documents = [job_to_document(each) for each in jobs]
    assert judge(documents, plan_to_document(plan), china.catalogue).faults == ()
