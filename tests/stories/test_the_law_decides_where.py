"""Residency and compliance come before any price."""

from tests.builders import job, plan_for, site, world


def three_sites():
    return world(
        site("guizhou-a", province="guizhou", hub="guizhou-hub", tags=["mlps-3"]),
        site("gansu-a", province="gansu", hub="gansu-hub"),
        site("shanghai-a", province="shanghai", tags=["mlps-3", "finance"]),
        cny_per_kwh={"guizhou-a": 0.3, "gansu-a": 0.2, "shanghai-a": 0.9},
    )


def test_free_work_goes_anywhere():
    assert plan_for([job()], three_sites()).placements[0].site == "gansu-a"


def test_province_or_hub_is_enough():
    plan = plan_for([job(provinces=["shanghai"], hubs=["guizhou-hub"])], three_sites())

    assert plan.placements[0].site == "guizhou-a"


def test_every_tag_is_needed():
    assert plan_for([job(tags=["mlps-3", "finance"])], three_sites()).placements[0].site == "shanghai-a"


def test_each_site_counts_once_under_its_first_reason():
    plan = plan_for([job(tags=["mlps-3"], provinces=["gansu"])], three_sites())

    assert plan.rejections[0].reasons == {"MISSING_TAG": 1, "NOT_RESIDENT": 2}
