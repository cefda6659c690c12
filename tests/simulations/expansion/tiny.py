"""A study small enough to be worked by hand, and to be enumerated."""

from dataclasses import replace
from typing import Any

from simulations.expansion import Quarter, Study
from simulations.expansion.study import DemandClass, Future, ModuleKind, RepresentativeDay, SiteOffer
from topology import Cooling

HALL = ModuleKind(
    name="hall",
    accelerator="ascend-910b",
    count=1000,
    cpu_cores=0,
    memory_gib=0,
    cooling=Cooling.FREE_AIR,
    capital_cny=100e6,
    running_cny_per_year=4e6,
    standing_share=0.05,
    lead_quarters=1,
    life_years=5,
)
WORK = DemandClass(
    name="work",
    origin="shanghai",
    rtt_ms_max=None,
    pflops=500,
    growth_per_year=1.0,
    shape=(1.0,) * 24,
    shiftable=False,
    gb_per_pflops_hour=1.0,
    memory_gib_min=0,
    unmet_cny_per_pflops_hour=40,
    served_at_least=0.0,
)


def site(name: str, **changes: Any) -> SiteOffer:
    plain: dict[str, Any] = {"modules": ("hall",), "existing": {}, "most_per_quarter": 2, "grid_mw": 10.0}
    return SiteOffer(site=name, **{**plain, **changes})


def future(name: str, probability: float, growth_times: float, **delays: int) -> Future:
    return Future(name=name, probability=probability, growth_times=growth_times, delay_quarters=delays)


TINY = Study(
    name="tiny",
    start=Quarter(2026, 1),
    end=Quarter(2026, 4),
    block_hours=24,
    discount_per_year=0.05,
    modules=(HALL,),
    sites=(site("zhongwei", existing={"hall": 1}), site("shaoguan")),
    demand=(WORK,),
    futures=(future("low", 0.6, 0.5), future("high", 0.4, 2.0, zhongwei=1)),
    days=(RepresentativeDay(name="day", month=2, weight=1.0, demand_times=1.0),),
)


def with_demand(study: Study, **changes: Any) -> Study:
    """The study with every class of demand changed alike."""
    return replace(study, demand=tuple(replace(each, **changes) for each in study.demand))
