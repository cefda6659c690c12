"""What holds by nature: halls come into use when they are ready, work needs halls, data needs links."""

from __future__ import annotations

from simulations.expansion.model import MILLION, ExpansionModel, RuleRow, Variable

GIGABITS_PER_GB = 8.0
SECONDS_PER_HOUR = 3600.0


def halls_come_into_use(model: ExpansionModel) -> None:
    """installed = existing + builds whose lead and delay are over."""
    study = model.study
    for (future, site, name, quarter), installed in model.installed.items():
        offer = next(each for each in study.sites if each.site == site)
        wait = study.module(name).lead_quarters + model.courses[future].delay_quarters.get(site, 0)
        terms = {installed: 1.0}
        for start in range(quarter - wait + 1):
            if (site, name, start) in model.build:
                terms[model.build[site, name, start]] = -1.0
        existing = float(offer.existing.get(name, 0))
        model.row(terms, existing, existing, name=f"in_use[{future},{site},{name},{quarter}]")


def links_come_into_use(model: ExpansionModel) -> None:
    """width = existing + steps whose lead is over."""
    for (future, name, quarter), width in model.width.items():
        link = next(each for each in model.study.links if each.link == name)
        terms = {width: 1.0}
        for start in range(quarter - link.lead_quarters + 1):
            if (name, start) in model.steps:
                terms[model.steps[name, start]] = -link.step_gbps
        model.row(terms, link.existing_gbps, link.existing_gbps, name=f"width[{future},{name},{quarter}]")


def work_fits_in_halls(model: ExpansionModel) -> None:
    """Per hall kind and block: work <= what the halls in use can do."""
    rows: dict[tuple[int, int, int, str, str], dict[Variable, float]] = {}
    for (future, quarter, block, _, site, kind), flow in model.place.items():
        rows.setdefault((future, quarter, block, site, kind), {})[flow] = 1.0
    for (future, quarter, block, site, kind), terms in rows.items():
        terms[model.installed[future, site, kind, quarter]] = -model.rates.halls[site, kind].pflops
        name = f"room[{future},{quarter},{block},{site},{kind}]"
        row = model.row(terms, high=0.0, name=name)
        model.rows.append(RuleRow(rule="halls", where=f"{site}, {kind}", unit="PFLOPS", row=row, room=1.0))


def demand_is_answered(model: ExpansionModel) -> None:
    """Work done + work not done = work asked for: in each block, or over each day where it may be shifted."""
    days = range(len(model.study.days))
    for future in model.futures:
        for index, each in enumerate(model.study.demand):
            for quarter in model.quarters:
                spans = (
                    [[b for b in model.blocks if model.rates.day_of_block[b] == day] for day in days]
                    if each.shiftable
                    else [[block] for block in model.blocks]
                )
                for span in spans:
                    _answer(model, future, index, quarter, span)


def _answer(model: ExpansionModel, future: int, index: int, quarter: int, span: list[int]) -> None:
    name = model.study.demand[index].name
    asked = sum(model.demand_pflops(future, index, quarter, block) for block in span)
    terms = {model.unmet[future, quarter, block, name]: 1.0 for block in span}
    for block in span:
        terms |= dict.fromkeys(model.flows(future, quarter, block, name), 1.0)
    model.row(terms, asked, asked, name=f"answer[{future},{quarter},{span[0]},{name}]")


def energy_is_counted(model: ExpansionModel) -> None:
    """energy = work + standing power, over the year's blocks [GWh]."""
    rows: dict[tuple[int, str, int], dict[Variable, float]] = {key: {} for key in model.energy}
    years = [quarter.year for quarter in model.study.quarters]
    for (future, quarter, block, _, site, kind), flow in model.place.items():
        hall = model.rates.halls[site, kind]
        kwh = hall.energy_kwh[quarter, block] * model.hours(quarter, block)
        rows[future, site, years[quarter]][flow] = -float(kwh) / MILLION
    for (future, site, kind, quarter), installed in model.installed.items():
        hours = sum(model.hours(quarter, block) for block in model.blocks)
        standing = model.rates.halls[site, kind].standing_kwh * hours
        rows[future, site, years[quarter]][installed] = -standing / MILLION
    for (future, site, year), terms in rows.items():
        terms[model.energy[future, site, year]] = 1.0
        model.row(terms, 0.0, 0.0, name=f"energy[{future},{site},{year}]")


def data_fits_on_links(model: ExpansionModel) -> None:
    """Per link the study limits, and block: rates of the data of all work routed over it <= its width."""
    gb = {each.name: each.gb_per_pflops_hour for each in model.study.demand}
    limited = {link.link for link in model.study.links}
    rows: dict[tuple[int, int, int, str], dict[Variable, float]] = {}
    for (future, quarter, block, name, site, _), flow in model.place.items():
        for link in limited.intersection(model.rates.links[name, site]):
            rate = gb[name] * GIGABITS_PER_GB / SECONDS_PER_HOUR
            rows.setdefault((future, quarter, block, link), {})[flow] = rate
    for (future, quarter, block, link), terms in sorted(rows.items()):
        terms[model.width[future, link, quarter]] = -1.0
        row = model.row(terms, high=0.0, name=f"link[{future},{quarter},{block},{link}]")
        model.rows.append(RuleRow(rule="link", where=link, unit="Gbit/s", row=row, room=1.0))


NATURE = (
    halls_come_into_use,
    links_come_into_use,
    work_fits_in_halls,
    demand_is_answered,
    energy_is_counted,
    data_fits_on_links,
)
"""All of them, in order."""
