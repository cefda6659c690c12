"""What is ruled: pace, openings, grid, PUE, energy quotas, green share, utilisation, budgets, service."""

from __future__ import annotations

from simulations.expansion.model import HOURS_PER_YEAR, MILLION, ExpansionModel, RuleRow, Variable

KW_PER_MW = 1000.0
MWH_PER_GWH = 1000.0
POINT = 0.01


def pace_holds(model: ExpansionModel) -> None:
    """Per site and quarter: halls started <= most_per_quarter, and none before a new site is open."""
    for offer in model.study.sites:
        for quarter in model.quarters:
            terms = {
                variable: 1.0
                for (site, _, start), variable in model.build.items()
                if site == offer.site and start == quarter
            }
            if not terms:
                continue
            most = float(offer.most_per_quarter)
            opened = [
                model.opened[offer.site, start]
                for start in range(quarter - offer.opening_quarters + 1)
                if (offer.site, start) in model.opened
            ]
            if offer.opening_cny:
                terms |= dict.fromkeys(opened, -most)
            row = model.row(
                terms, high=0.0 if offer.opening_cny else most, name=f"pace[{offer.site},{quarter}]"
            )
            model.rows.append(
                RuleRow(
                    rule="most_per_quarter",
                    where=offer.site,
                    unit="hall a quarter",
                    row=row,
                    room=0.0 if offer.opening_cny else 1.0,
                    room_of=dict.fromkeys(opened, 1.0),
                )
            )


def sites_open_once(model: ExpansionModel) -> None:
    """A new site is started once."""
    for offer in model.study.sites:
        terms = {variable: 1.0 for (site, _), variable in model.opened.items() if site == offer.site}
        if terms:
            model.row(terms, high=1.0, name=f"once[{offer.site}]")


def grid_holds(model: ExpansionModel) -> None:
    """Per site: facility power of everything ever built, at full load in the warmest hour <= grid_mw."""
    for offer in model.study.sites:
        halls = {name: model.rates.halls[offer.site, name] for name in offer.modules}
        terms = {
            variable: halls[name].peak_kw / KW_PER_MW
            for (site, name, _), variable in model.build.items()
            if site == offer.site
        }
        existing = sum(halls[name].peak_kw * count for name, count in offer.existing.items()) / KW_PER_MW
        row = model.row(terms, high=offer.grid_mw - existing, name=f"grid[{offer.site}]")
        model.rows.append(RuleRow(rule="grid_mw", where=offer.site, unit="MW", row=row, room=1.0))


def pue_holds(model: ExpansionModel) -> None:
    """Per site and quarter: design PUE of all halls started so far, weighted by IT power <= at_most."""
    for rule in model.study.pue:
        for site in rule.sites:
            started: dict[Variable, float] = {}
            power: dict[Variable, float] = {}
            for quarter in model.quarters:
                for (at, kind, start), variable in model.build.items():
                    if at == site and start == quarter:
                        hall = model.rates.halls[site, kind]
                        started[variable] = hall.it_kw / KW_PER_MW * (hall.design_pue - rule.at_most)
                        power[variable] = hall.it_kw / KW_PER_MW * POINT
                row = model.row(started, high=0.0, name=f"pue[{site},{quarter}]")
                model.rows.append(
                    RuleRow(rule="pue", where=site, unit="0.01 of PUE", row=row, room_of=dict(power))
                )


def quotas_hold(model: ExpansionModel) -> None:
    """Per group and year: facility energy, less what is bought above the quota <= quota."""
    for quota in model.study.quotas:
        for year in (year for year in model.study.years if year >= quota.since):
            for future in model.futures:
                terms = {model.energy[future, site, year]: 1.0 for site in quota.sites}
                if quota.over_cny_per_kwh is not None:
                    over = model.amount(f"over[{future},{quota.name},{year}]")
                    terms[over] = -1.0
                    # One GWh at one CNY/kWh is one million CNY.
                    model.later_cost(future, over, quota.over_cny_per_kwh * _mid_discount(model, year))
                row = model.row(
                    terms, high=quota.mwh / MWH_PER_GWH, name=f"quota[{future},{quota.name},{year}]"
                )
                where = f"{quota.name}, {year}"
                model.rows.append(
                    RuleRow(rule="quota", where=where, unit="MWh", row=row, room=1 / MWH_PER_GWH)
                )


def green_share_holds(model: ExpansionModel) -> None:
    """Per site and year: own green contracts + green energy bought >= at_least * energy."""
    for rule in model.study.green:
        for site in rule.sites:
            for year in (year for year in model.study.years if year >= rule.since):
                for future in model.futures:
                    energy = model.energy[future, site, year]
                    bought = model.amount(f"green[{future},{site},{year}]", rule.most_mwh / MWH_PER_GWH)
                    premium = rule.premium_cny_per_mwh / MWH_PER_GWH * _mid_discount(model, year)
                    model.later_cost(future, bought, premium)
                    terms = {bought: 1.0, energy: model.rates.green_share[site] - rule.at_least}
                    row = model.row(terms, low=0.0, name=f"green[{future},{site},{year}]")
                    model.rows.append(
                        RuleRow(
                            rule="green_share",
                            where=f"{site}, {year}",
                            unit="point of green share",
                            row=row,
                            room_of={energy: POINT},
                        )
                    )


def utilisation_holds(model: ExpansionModel) -> None:
    """Per site and year: work done + use that is missing >= at_least * work possible [mean PFLOPS]."""
    rule = model.study.utilisation
    if rule is None:
        return
    done: dict[tuple[int, str, int], dict[Variable, float]] = {}
    possible: dict[tuple[int, str, int], dict[Variable, float]] = {}
    years = [quarter.year for quarter in model.study.quarters]
    for (future, quarter, block, _, site, _), flow in model.place.items():
        part = model.hours(quarter, block) / HOURS_PER_YEAR
        done.setdefault((future, site, years[quarter]), {})[flow] = part
    for (future, site, kind, quarter), installed in model.installed.items():
        hours = sum(model.hours(quarter, block) for block in model.blocks)
        can = model.rates.halls[site, kind].pflops * hours / HOURS_PER_YEAR
        possible.setdefault((future, site, years[quarter]), {})[installed] = can
    for (future, site, year), capacity in possible.items():
        if year < rule.since:
            continue
        terms = dict(done.get((future, site, year), {}))
        terms |= {installed: -rule.at_least * can for installed, can in capacity.items()}
        if rule.penalty_cny_per_pflops_hour is not None:
            idle = model.amount(f"idle[{future},{site},{year}]")
            terms[idle] = 1.0
            price = rule.penalty_cny_per_pflops_hour * HOURS_PER_YEAR / MILLION
            model.later_cost(future, idle, price * _mid_discount(model, year))
        row = model.row(terms, low=0.0, name=f"utilisation[{future},{site},{year}]")
        room = {installed: POINT * can for installed, can in capacity.items()}
        where = f"{site}, {year}"
        model.rows.append(
            RuleRow(rule="utilisation", where=where, unit="point of utilisation", row=row, room_of=room)
        )


def budgets_hold(model: ExpansionModel) -> None:
    """Per year: capital of everything started <= budget, in money of the year."""
    study = model.study
    for budget in study.budgets:
        inside = set(model.quarters_of(budget.year))
        terms: dict[Variable, float] = {}
        for (_, kind, quarter), variable in model.build.items():
            if quarter in inside:
                terms[variable] = study.module(kind).capital_cny / MILLION
        openings = {offer.site: offer.opening_cny for offer in study.sites}
        steps = {link.link: link.capital_cny for link in study.links}
        for prices, group in ((openings, model.opened), (steps, model.steps)):
            for (name, quarter), variable in group.items():
                if quarter in inside:
                    terms[variable] = prices[name] / MILLION
        row = model.row(terms, high=budget.cny / MILLION, name=f"budget[{budget.year}]")
        model.rows.append(
            RuleRow(rule="budget", where=str(budget.year), unit="CNY", row=row, room=1 / MILLION)
        )


def service_holds(model: ExpansionModel) -> None:
    """Per class and year: work not done <= (1 - served_at_least) * work asked for [mean PFLOPS]."""
    for index, each in enumerate(model.study.demand):
        if not each.served_at_least:
            continue
        for future in model.futures:
            for year in model.study.years:
                terms, asked = {}, 0.0
                for quarter in model.quarters_of(year):
                    for block in model.blocks:
                        part = model.hours(quarter, block) / HOURS_PER_YEAR
                        terms[model.unmet[future, quarter, block, each.name]] = part
                        asked += part * model.demand_pflops(future, index, quarter, block)
                high = (1 - each.served_at_least) * asked
                row = model.row(terms, high=high, name=f"service[{future},{each.name},{year}]")
                model.rows.append(
                    RuleRow(
                        rule="served_at_least",
                        where=f"{each.name}, {year}",
                        unit="point of service",
                        row=row,
                        room=POINT * asked,
                    )
                )


def _mid_discount(model: ExpansionModel, year: int) -> float:
    """Mean discount of a year's quarters: what is settled once a year is paid in equal parts."""
    quarters = model.quarters_of(year)
    return sum(model.study.discount(quarter) for quarter in quarters) / len(quarters)


RULES = (
    pace_holds,
    sites_open_once,
    grid_holds,
    pue_holds,
    quotas_hold,
    green_share_holds,
    utilisation_holds,
    budgets_hold,
    service_holds,
)
"""All of them, in order."""
