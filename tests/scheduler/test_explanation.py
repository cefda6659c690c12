"""Answers about one job: figures first, then sentences."""

import pytest

from scheduler import Reason, UnknownJob, Variant, WorldError, explain, render, schedule
from tests.builders import A100, H800, at, job, link, site, world


def asked(subject, place, *others):
    jobs = [subject, *others]
    return explain(subject.name, jobs, schedule(jobs, place, time_limit_s=1.0), place)


def change_of(explanation, field):
    return next((change for change in explanation.changes if change.field == field), None)


def two_sites(**fields):
    return world(
        site("west"),
        site("east"),
        links=[link("town", "east", rtt_ms=4), link("east", "west", rtt_ms=30)],
        cny_per_kwh={"west": 0.2, "east": 0.9},
        **fields,
    )


def test_the_choice_is_set_against_the_next_best_and_every_site():
    answer = asked(job(), two_sites())

    assert answer.chosen.site == "west"
    assert answer.next_best.cost.run_cny == pytest.approx(answer.chosen.cost.run_cny)
    assert [verdict.site for verdict in answer.sites] == ["west", "east"]
    assert answer.sites[1].extra_cny == pytest.approx(0.057 * 0.7)


def test_a_little_more_latency_would_be_cheaper():
    answer = asked(job(origin="town", rtt_ms_max=10), two_sites())

    change = change_of(answer, "rtt_ms_max")
    assert answer.sites[1].reason == Reason.TOO_FAR
    assert change.amount == pytest.approx(24.0)
    assert change.saving_cny == pytest.approx(0.057 * 0.7)
    assert "24 ms more of round trip" in render(answer)


def test_a_later_deadline_would_be_cheaper():
    falling = world(site("a"), cny_per_kwh={"a": [0.9, 0.9, 0.9, 0.1]})

    change = change_of(asked(job(deadline=at(1)), falling), "deadline")

    assert change.amount == pytest.approx(2.25)  # the first start that reaches into the cheap hour
    assert change.result.end == at(3.25)


def test_a_longer_deadline_would_make_it_run():
    answer = asked(job(minutes=90, deadline=at(1)), world(site("a")))

    assert answer.chosen is None
    assert change_of(answer, "deadline").amount == pytest.approx(0.5)
    assert "does not run" in render(answer)


def test_an_earlier_release_would_make_it_run():
    assert change_of(asked(job(release=at(3.5)), world(site("a"))), "release").amount == pytest.approx(0.5)


def test_another_region_would_make_it_run():
    place = world(site("a", province="gansu", cpu_cores=5), site("b", province="guizhou"))

    assert change_of(asked(job(provinces=["gansu"]), place), "residency").to == "guizhou"


def test_one_tag_less_would_make_it_run():
    assert change_of(asked(job(tags=["finance"]), world(site("a"))), "tags").to == "finance"


def test_the_missing_budget_is_named_and_enough():
    place = world(site("a"))

    change = change_of(asked(job(budget_cny=0.01), place), "budget_cny")

    enough = float(change.to.removesuffix(" CNY"))
    assert schedule([job(budget_cny=enough)], place).placements


def test_carbon_and_value_are_limits_too():
    dirty = world(site("a"), g_per_kwh={"a": 1000.0})

    assert change_of(asked(job(carbon_kg_max=0.01), dirty), "carbon_kg_max").amount == pytest.approx(0.047)
    assert change_of(asked(job(value_cny=0.05), dirty), "value_cny").amount == pytest.approx(0.007)


def test_another_machine_would_make_it_run():
    on_a100 = [Variant(accelerator=A100.id, count=1, runtime_minutes=60)]

    answer = asked(job(variants=on_a100), world(site("a", accelerators={H800.id: 8})))

    assert change_of(answer, "variants").to == H800.id


def test_a_smaller_gang_would_make_it_run():
    answer = asked(job(tasks=50), world(site("a", cpu_cores=333)))

    assert change_of(answer, "tasks").to == "33"


def test_room_is_what_the_others_leave():
    place = world(site("cheap", cpu_cores=15), site("dear"), cny_per_kwh={"cheap": 0.1})
    rich = job("rich", minutes=240, value_cny=1e6)
    jobs = [job("poor", minutes=240), rich]
    plan = schedule(jobs, place, time_limit_s=1.0)
    loser = next(placement.job for placement in plan.placements if placement.site == "dear")

    answer = explain(loser, jobs, plan, place)

    assert answer.sites[-1].site == "cheap"
    assert answer.sites[-1].reason == Reason.NO_ROOM_IN_TIME
    assert "full whenever the job could run" in render(answer)


def test_links_are_room_too():
    place = world(
        site("home"),
        site("away"),
        cny_per_kwh={"home": 1.0, "away": 0.1},
        links=[link("home", "away", gbps=10.0), link("town", "home")],
    )
    jobs = [job(name, minutes=180, inputs={"home": 4500.0}) for name in ("a", "b")]
    plan = schedule(jobs, place, time_limit_s=1.0)
    at_home = next(placement.job for placement in plan.placements if placement.site == "home")

    answer = explain(at_home, jobs, plan, place)

    assert answer.sites[-1].reason == Reason.NO_ROOM_IN_TIME


def test_strangers_are_refused():
    place = world(site("a"))
    plan = schedule([job("known")], place)

    with pytest.raises(UnknownJob, match="did you mean known"):
        explain("knwon", [job("known")], plan, place)
    with pytest.raises(UnknownJob, match="the plan has no job"):
        explain("new", [job("new")], plan, place)
    with pytest.raises(WorldError, match="use one horizon"):
        explain("known", [job("known")], plan, world(site("a"), hours=8))
