"""Reads a study from a TOML file and holds it against the catalogue; tells every fault in one go."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from simulations.distribution import DayShape
from simulations.expansion.errors import StudyError, StudyFault
from simulations.expansion.rates import may_run, suited_kinds
from simulations.expansion.regret import MEAN, STOCHASTIC
from simulations.expansion.rule_tables import read_rules
from simulations.expansion.study import (
    DemandClass,
    Future,
    LinkOffer,
    ModuleKind,
    RepresentativeDay,
    Risk,
    SiteOffer,
    Study,
)
from simulations.expansion.toml_table import TomlTable
from simulations.figures import FIGURES
from topology import Catalogue, Cooling, Network

BUILT_IN = Path(__file__).parent / "studies"
MOST_QUARTERS = 60
RESERVED = (STOCHASTIC, MEAN)
_SUM_SLACK = 1e-6


def read_study(path: Path | str, catalogue: Catalogue) -> Study:
    """The study in a TOML file, or a shipped one by its name.

    Raises:
        StudyError: it cannot be read, or anything in it breaks a rule; it carries every fault.
    """
    shipped = BUILT_IN / f"{path}.toml"
    file = shipped if not Path(path).exists() and shipped.is_file() else Path(path)
    faults: list[StudyFault] = []
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        rule = error.strerror if isinstance(error, OSError) else f"not valid TOML: {error}"
        raise StudyError((StudyFault(file=str(path), key="", value=None, rule=str(rule)),)) from None
    top = TomlTable(entries, faults, str(path))
    study = _study(top, catalogue)
    if study.demand and not any(each.pflops for each in study.demand):
        top.fault("demand", "must ask for some work: every pflops is 0")
    if not faults:
        _require_reach(top, study, catalogue)
    if faults:
        raise StudyError(tuple(faults))
    return study


def _study(top: TomlTable, catalogue: Catalogue) -> Study:
    start, end = top.quarter("start"), top.quarter("end")
    if not 0 <= end - start < MOST_QUARTERS:
        top.fault("end", f"must be the start or later, at most {MOST_QUARTERS} quarters in all")
        end = start
    block_hours = top.whole("block_hours", 6, low=1, high=24)
    if 24 % block_hours:
        top.fault("block_hours", "must divide 24")
    modules = tuple(_module(table, catalogue) for table in top.tables("modules", needed=True))
    demand = tuple(_demand(table, catalogue) for table in top.tables("demand", needed=True))
    sites = tuple(_site(table, catalogue, modules) for table in top.tables("sites", needed=True))
    links = tuple(_link(table, catalogue) for table in top.tables("links"))
    site_ids = [site.site for site in sites]
    demand_names = [each.name for each in demand]
    futures = tuple(_future(table, demand_names, site_ids) for table in top.tables("scenarios", needed=True))
    days = tuple(_day(table) for table in top.tables("days", needed=True))
    _require_once(top, "modules", [kind.name for kind in modules])
    _require_once(top, "demand", demand_names)
    _require_once(top, "sites", site_ids)
    _require_once(top, "links", [link.link for link in links])
    _require_once(top, "scenarios", [future.name for future in futures])
    _require_one(top, "scenarios", "probability", [future.probability for future in futures])
    _require_one(top, "days", "weight", [day.weight for day in days])
    _require_one(top, "days", "weight * demand_times", [day.weight * day.demand_times for day in days])
    study = Study(
        name=top.text("name"),
        start=start,
        end=end,
        block_hours=block_hours,
        discount_per_year=top.number("discount_per_year", high=1),
        power_growth_per_year=top.number("power_growth_per_year", 0.0, low=-0.5, high=1),
        carbon_cny_per_t=top.number("carbon_cny_per_t", high=1e5) if top.has("carbon_cny_per_t") else None,
        carbon_growth_per_year=top.number("carbon_growth_per_year", 0.0, low=-0.5, high=1),
        modules=modules,
        sites=sites,
        links=links,
        demand=demand,
        futures=futures,
        days=days,
        risk=_risk(top.table("risk")),
        **read_rules(top.table("rules"), site_ids, (start.year, end.year)),
    )
    top.close()
    for name in sorted({future.name for future in futures} & set(RESERVED)):
        top.fault("scenarios", f"must not be named {name!r}: a plan is called so")
    return study


def _require_reach(top: TomlTable, study: Study, catalogue: Catalogue) -> None:
    """Work that no site of the study may do would be a rule against itself."""
    network = Network(catalogue)
    for number, each in enumerate(study.demand, start=1):
        suited = [
            offer.site
            for offer in study.sites
            if suited_kinds(each, offer, study, catalogue)
            and may_run(each, catalogue.site(offer.site), network)
        ]
        if not suited:
            rule = "no site of this study may do it: widen rtt_ms_max, residency, tags or memory_gib_min, or add a site"
            top.fault("demand", f"[{number}] {each.name!r}: {rule}")


def _module(table: TomlTable, catalogue: Catalogue) -> ModuleKind:
    kind = ModuleKind(
        name=table.text("name"),
        accelerator=table.one_of("accelerator", [each.id for each in catalogue.accelerators], "accelerator"),
        count=table.whole("count", low=1),
        cpu_cores=table.number("cpu_cores", 0.0),
        memory_gib=table.number("memory_gib", 0.0),
        cooling=Cooling(table.one_of("cooling", [each.value for each in Cooling], "cooling") or "air"),
        capital_cny=table.number("capital_cny"),
        running_cny_per_year=table.number("running_cny_per_year", 0.0),
        standing_share=table.number("standing_share", 0.0, high=1),
        lead_quarters=table.whole("lead_quarters", high=MOST_QUARTERS),
        life_years=table.number("life_years", low=0.25, high=100),
    )
    if kind.accelerator and catalogue.accelerator(kind.accelerator).fp16_tflops is None:
        table.fault("accelerator", "must have fp16_tflops in the catalogue, or its work can't be counted")
    table.close()
    return kind


def _site(table: TomlTable, catalogue: Catalogue, modules: Sequence[ModuleKind]) -> SiteOffer:
    names = [kind.name for kind in modules]
    offered = table.some_of("modules", names, "module", needed=True)
    site = SiteOffer(
        site=table.one_of("site", catalogue.site_ids, "site"),
        modules=offered,
        existing=table.by_name("existing", names, "module", whole=True),
        most_per_quarter=table.whole("most_per_quarter", low=0, high=10_000),
        grid_mw=table.number("grid_mw"),
        opening_cny=table.number("opening_cny", 0.0),
        opening_quarters=table.whole("opening_quarters", 0, high=MOST_QUARTERS),
    )
    if site.existing and site.opening_cny:
        table.fault("opening_cny", "must be left out where there are existing modules: the site is open")
    for name in site.existing:
        if name not in offered:
            table.fault("existing", f"{name!r} must be among the modules of the site")
    table.close()
    return site


def _link(table: TomlTable, catalogue: Catalogue) -> LinkOffer:
    link = LinkOffer(
        link=table.one_of("link", [each.id for each in catalogue.links], "link"),
        existing_gbps=table.number("existing_gbps"),
        step_gbps=table.number("step_gbps", low=0.001),
        capital_cny=table.number("capital_cny"),
        lead_quarters=table.whole("lead_quarters", high=MOST_QUARTERS),
        most_steps=table.whole("most_steps", high=10_000),
        life_years=table.number("life_years", low=0.25, high=100),
    )
    table.close()
    return link


def _demand(table: TomlTable, catalogue: Catalogue) -> DemandClass:
    demand = DemandClass(
        name=table.text("name"),
        origin=table.one_of("origin", [city.id for city in catalogue.cities], "city"),
        rtt_ms_max=table.number("rtt_ms_max") if table.has("rtt_ms_max") else None,
        pflops=table.number("pflops"),
        growth_per_year=table.number("growth_per_year", 0.0, low=-0.9, high=20),
        shape=_shape(table),
        shiftable=table.flag("shiftable", default=False),
        gb_per_pflops_hour=table.number("gb_per_pflops_hour", 0.0),
        memory_gib_min=table.number("memory_gib_min", 0.0),
        unmet_cny_per_pflops_hour=table.number("unmet_cny_per_pflops_hour"),
        served_at_least=table.number("served_at_least", 0.0, high=1),
        provinces=table.some_of("provinces", sorted({site.province for site in catalogue.sites}), "province"),
        hubs=table.some_of("hubs", sorted({site.hub for site in catalogue.sites} - {""}), "hub"),
        tags=table.some_of("tags", sorted({tag for site in catalogue.sites for tag in site.tags}), "tag"),
    )
    table.close()
    return demand


def _shape(table: TomlTable) -> tuple[float, ...]:
    """24 weights of mean 1: flat, the fitted arrivals of a cluster in China, or the file's own."""
    flat = (1.0,) * 24
    if not table.is_list("shape"):
        name = table.text("shape", "flat")
        if name not in ("flat", "helios"):
            table.fault("shape", "must be flat, helios or 24 numbers")
        law = FIGURES["helios.day"].law
        assert isinstance(law, DayShape)
        shape = law.weights if name == "helios" else flat
    else:
        shape = table.numbers("shape", 24) or flat
    mean = sum(shape) / len(shape)
    return tuple(weight / mean for weight in shape)


def _future(table: TomlTable, demand: Iterable[str], sites: Iterable[str]) -> Future:
    future = Future(
        name=table.text("name"),
        probability=table.number("probability", high=1),
        growth_times=table.number("growth_times", 1.0, high=100),
        growth_times_of=table.by_name("growth_times_of", demand, "demand", high=100),
        delay_quarters=table.by_name("delay_quarters", sites, "site", whole=True, high=MOST_QUARTERS),
    )
    table.close()
    return future


def _day(table: TomlTable) -> RepresentativeDay:
    day = RepresentativeDay(
        name=table.text("name"),
        month=table.whole("month", low=1, high=3),
        weight=table.number("weight", high=1),
        demand_times=table.number("demand_times", 1.0, high=100),
    )
    table.close()
    return day


def _risk(table: TomlTable) -> Risk:
    risk = Risk(alpha=table.number("alpha", 0.9, high=0.999), weight=table.number("weight", 0.0, high=1))
    table.close()
    return risk


def _require_once(top: TomlTable, key: str, names: Sequence[str]) -> None:
    again = sorted({name for name in names if name and names.count(name) > 1})
    if again:
        top.fault(key, f"must name each once; twice here: {', '.join(again)}")


def _require_one(top: TomlTable, key: str, what: str, parts: Sequence[float]) -> None:
    if parts and abs(sum(parts) - 1) > _SUM_SLACK:
        top.fault(key, f"{what} must sum to 1, not {sum(parts):g}")
