"""Where nothing else differs, work goes where, and when, power is cheap."""

from tests.builders import at, job, plan_for, site, world


def test_cheap_site_wins():
    plan = plan_for([job()], world(site("dear"), site("cheap"), cny_per_kwh={"dear": 0.8, "cheap": 0.3}))

    assert [placement.site for placement in plan.placements] == ["cheap"]


def test_cheap_hour_wins():
    plan = plan_for([job()], world(site("only"), cny_per_kwh={"only": [1.0, 1.0, 0.2, 1.0]}))

    assert plan.placements[0].start == at(2)


def test_cool_site_wins_over_a_slightly_cheaper_hot_one():
    hot_and_cheap = world(
        site("hot"), site("cool"), cny_per_kwh={"hot": 0.50, "cool": 0.55}, pue={"hot": 1.5, "cool": 1.1}
    )

    assert plan_for([job()], hot_and_cheap).placements[0].site == "cool"


def test_clean_site_wins_once_carbon_has_a_price():
    prices = {"coal": 0.30, "wind": 0.32}
    carbon = {"coal": 900.0, "wind": 50.0}
    free = world(site("coal"), site("wind"), cny_per_kwh=prices, g_per_kwh=carbon)
    priced = world(site("coal"), site("wind"), cny_per_kwh=prices, g_per_kwh=carbon, carbon_cny_per_t=100.0)

    assert plan_for([job()], free).placements[0].site == "coal"
    assert plan_for([job()], priced).placements[0].site == "wind"
