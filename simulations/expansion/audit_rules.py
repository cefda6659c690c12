"""The rules an audit holds a plan to; each answers with the sentences of what is broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulations.expansion.decision import Decision
from simulations.expansion.ledger import Ledger
from simulations.expansion.study import SiteOffer, Study

if TYPE_CHECKING:
    from simulations.expansion.audit import Auditor

SLACK = 1e-5
"""Relative: what a solver's tolerance may leave."""


def broken_first_stage(study: Study, decision: Decision, auditor: Auditor) -> Iterator[str]:
    """Pace, openings, grid, PUE and budgets of what is started."""
    for offer in study.sites:
        started = {key[1:]: count for key, count in decision.build.items() if key[0] == offer.site}
        yield from _pace(offer, started, decision)
        yield from _grid(offer, started, study, auditor)
        yield from _pue(offer, started, study, auditor)
    for budget in study.budgets:
        inside = {i for i, quarter in enumerate(study.quarters) if quarter.year == budget.year}
        spent = sum(n * study.module(k).capital_cny for (_, k, q), n in decision.build.items() if q in inside)
        offers = {offer.site: offer.opening_cny for offer in study.sites}
        spent += sum(offers[site] for site, quarter in decision.opened.items() if quarter in inside)
        prices = {link.link: link.capital_cny for link in study.links}
        spent += sum(n * prices[link] for (link, quarter), n in decision.steps.items() if quarter in inside)
        if spent > budget.cny * (1 + SLACK):
            yield f"budget of {budget.year}: {spent:.0f} CNY above {budget.cny:.0f}"


def _pace(offer: SiteOffer, started: dict[tuple[str, int], int], decision: Decision) -> Iterator[str]:
    for quarter in sorted({quarter for _, quarter in started}):
        count = sum(n for (_, at), n in started.items() if at == quarter)
        if count > offer.most_per_quarter:
            yield f"{offer.site}: {count} halls in quarter {quarter}, above {offer.most_per_quarter}"
        opened = decision.opened.get(offer.site)
        if offer.opening_cny and (opened is None or quarter < opened + offer.opening_quarters):
            yield f"{offer.site}: halls in quarter {quarter}, before the site is open"


def _grid(
    offer: SiteOffer, started: dict[tuple[str, int], int], study: Study, auditor: Auditor
) -> Iterator[str]:
    total_kw = 0.0
    for name in offer.modules:
        kind = study.module(name)
        count = offer.existing.get(name, 0) + sum(n for (at, _), n in started.items() if at == name)
        warmest = float(auditor.hourly(offer.site, kind.cooling)[2].max())
        total_kw += count * auditor.full_it_kw(kind) * (warmest + kind.standing_share)
    if started and total_kw > offer.grid_mw * 1e3 * (1 + SLACK):
        yield f"{offer.site}: {total_kw / 1e3:.2f} MW above the grid's {offer.grid_mw:g}"


def _pue(
    offer: SiteOffer, started: dict[tuple[str, int], int], study: Study, auditor: Auditor
) -> Iterator[str]:
    rule = next((rule for rule in study.pue if offer.site in rule.sites), None)
    used = (study.utilisation.at_least if study.utilisation else 1.0) or 1.0
    it_kw = facility_kw = 0.0
    for quarter in sorted({quarter for _, quarter in started}):
        for (name, at), count in started.items():
            if at == quarter:
                kind = study.module(name)
                pue = auditor.hourly(offer.site, kind.cooling)[2].mean(axis=2)
                design = float((pue * auditor.days).sum() / auditor.days.sum()) + kind.standing_share / used
                it_kw += count * auditor.full_it_kw(kind)
                facility_kw += count * auditor.full_it_kw(kind) * design
        if rule and facility_kw > it_kw * rule.at_most * (1 + SLACK):
            yield f"{offer.site}: design PUE {facility_kw / it_kw:.3f} above {rule.at_most:g}"


def broken_in_future(study: Study, ledger: Ledger) -> Iterator[str]:
    """Reach, halls, demand, links, quotas, green share, utilisation and service in one future."""
    name = ledger.course.name
    for demand, site, kind in sorted(ledger.misplaced):
        yield f"{name}: {demand} may not run in {kind} at {site}"
    for (site, kind), work in ledger.work.items():
        room = ledger.halls[site, kind] * ledger.room_pflops[site, kind]
        if (work.max(axis=(1, 2)) > room * (1 + SLACK) + SLACK).any():
            yield f"{name}: more work than {kind} at {site} can do"
    for each in study.demand:
        done, asked = ledger.done[each.name], ledger.asked[each.name]
        if each.shiftable:
            done, asked = done.sum(axis=2), asked.sum(axis=2)
        if (done > asked * (1 + SLACK) + SLACK).any():
            yield f"{name}: more {each.name} done than asked for"
    for link, gbps in ledger.link_gbps.items():
        if (gbps.max(axis=(1, 2)) > ledger.link_width[link] * (1 + SLACK) + SLACK).any():
            yield f"{name}: more data than link {link} carries"
    yield from _yearly(study, ledger)


def _yearly(study: Study, ledger: Ledger) -> Iterator[str]:
    name = ledger.course.name
    for index, year in enumerate(study.years):
        for quota in study.quotas:
            over = ledger.over_mwh(quota.name, index)
            if quota.over_cny_per_kwh is None and over > quota.mwh * SLACK + SLACK:
                yield f"{name}, {year}: {over:.1f} MWh above quota {quota.name}"
        for rule in study.green:
            for site in rule.sites:
                if ledger.green_mwh(site, index) > rule.most_mwh * (1 + SLACK) + SLACK:
                    yield f"{name}, {year}: {site} can't buy the green energy it needs"
        target = study.utilisation
        if target and target.penalty_cny_per_pflops_hour is None:
            for offer in study.sites:
                if ledger.idle_pflops(offer.site, index) > SLACK * 100:
                    yield f"{name}, {year}: {offer.site} is used less than {target.at_least:.0%}"
        for each in study.demand:
            served = ledger.served_share(each.name, year)
            if served < each.served_at_least - SLACK:
                yield f"{name}, {year}: {served:.2%} of {each.name} done, below {each.served_at_least:.2%}"
