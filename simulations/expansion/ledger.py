"""The ledger of one future: what an audit has booked so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulations.expansion.account import PARTS
from simulations.expansion.course import Course
from simulations.expansion.decision import Decision, Operation
from simulations.expansion.study import ModuleKind, Study
from topology import Catalogue, Network

Floats = NDArray[np.float64]
HOURS_PER_YEAR = 8760.0


class Ledger:
    """Costs and quantities of one future. Work is kept by hall, quarter, day and clock hour.

    Args:
        study: the question.
        catalogue: of its places.
        network: of its links.
        course: the future.
        days: days of a quarter that a representative day stands for, [Q, days].
    """

    def __init__(
        self, study: Study, catalogue: Catalogue, network: Network, course: Course, days: Floats
    ) -> None:
        self.study, self.course, self.days = study, course, days
        self.catalogue, self.network = catalogue, network
        quarters, sites, years = len(study.quarters), len(study.sites), len(study.years)
        self._year = np.array([quarter.year - study.start.year for quarter in study.quarters])
        self._now = (1 + study.discount_per_year) ** -(np.arange(quarters + 1) / 4)
        self._row = {offer.site: row for row, offer in enumerate(study.sites)}
        self.cost_cny = {part: np.zeros(years) for part in PARTS}
        self.halls = {(o.site, name): np.zeros(quarters) for o in study.sites for name in o.modules}
        shape = (quarters, len(study.days), 24)
        self.work = {key: np.zeros(shape) for key in self.halls}
        self.done = {each.name: np.zeros(shape) for each in study.demand}
        self.asked = {each.name: self._asked(index) for index, each in enumerate(study.demand)}
        self.link_gbps = {link.link: np.zeros(shape) for link in study.links}
        self.link_width = {link.link: np.full(quarters, link.existing_gbps) for link in study.links}
        self.energy_mwh = np.zeros((sites, years))
        self.pflops = np.zeros((sites, years))
        self.capacity_pflops = np.zeros((sites, years))
        self.room_pflops = dict.fromkeys(self.halls, 0.0)
        self.misplaced: set[tuple[str, str, str]] = set()

    def book_capital(self, decision: Decision) -> None:
        """Prices of everything started; what is left of it at the end comes back."""
        study, last = self.study, len(self.study.quarters)
        for (_, name, quarter), count in decision.build.items():
            kind = study.module(name)
            self._invest(count * kind.capital_cny, quarter, kind.life_years, last)
        links = {link.link: link for link in study.links}
        for (name, quarter), count in decision.steps.items():
            self._invest(count * links[name].capital_cny, quarter, links[name].life_years, last)
            self.link_width[name][quarter + links[name].lead_quarters :] += count * links[name].step_gbps
        offers = {offer.site: offer for offer in study.sites}
        for site, quarter in decision.opened.items():
            self._book("capital", quarter, offers[site].opening_cny)

    def book_halls(self, decision: Decision) -> None:
        """Halls in use, each after its lead and the site's delay, and what running them costs."""
        for offer in self.study.sites:
            for name in offer.modules:
                self.halls[offer.site, name] += offer.existing.get(name, 0)
        for (site, name, quarter), count in decision.build.items():
            ready = quarter + self.study.module(name).lead_quarters + self.course.delay_quarters.get(site, 0)
            self.halls[site, name][ready:] += count
        for (_, name), halls in self.halls.items():
            for quarter, held in enumerate(halls):
                self._book("running", quarter, float(held) * self.study.module(name).running_cny_per_year / 4)

    def book_flows(self, operation: Operation) -> None:
        """Work placed, and the data it moves."""
        classes = {each.name: each for each in self.study.demand}
        per_day = 24 // self.study.block_hours
        for (quarter, block, name, site, kind), pflops in operation.flows.items():
            day, first = block // per_day, block % per_day * self.study.block_hours
            hours = slice(first, first + self.study.block_hours)
            self.work[site, kind][quarter, day, hours] += pflops
            self.done[name][quarter, day, hours] += pflops
            each = classes[name]
            if not self._may_run(each.name, site, kind):
                self.misplaced.add((name, site, kind))
                continue
            route = self.network.route(each.origin, site)
            gb = pflops * self.study.block_hours * self.days[quarter, day] * each.gb_per_pflops_hour
            self._book("network", quarter, gb * route.price_cny_per_gb)
            for link in set(route.links) & set(self.link_gbps):
                self.link_gbps[link][quarter, day, hours] += pflops * each.gb_per_pflops_hour * 8 / 3600

    def book_energy(
        self, site: str, kind: ModuleKind, it_kw: float, pflops: float, hours: tuple[Floats, Floats, Floats]
    ) -> None:
        """Energy and emissions of the work and of empty halls, hour by hour."""
        power, carbon, pue = hours
        work, halls = self.work[site, kind.name], self.halls[site, kind.name]
        standing_kw = halls * kind.standing_share * it_kw
        facility_kw = work / pflops * it_kw * pue + standing_kw[:, None, None]
        kwh = facility_kw * self.days[:, :, None]
        row = self._row[site]
        self.room_pflops[site, kind.name] = pflops
        for quarter in range(len(halls)):
            self._book("energy", quarter, float((kwh * power)[quarter].sum()))
            self._book("carbon", quarter, float((kwh * carbon)[quarter].sum()))
        hours_of_quarter = self.days.sum(axis=1) * 24
        self._sum_by_year(self.energy_mwh[row], kwh.sum(axis=(1, 2)) / 1e3)
        done = (work * self.days[:, :, None]).sum(axis=(1, 2))
        self._sum_by_year(self.pflops[row], done / HOURS_PER_YEAR)
        self._sum_by_year(self.capacity_pflops[row], halls * pflops * hours_of_quarter / HOURS_PER_YEAR)

    def settle(self) -> None:
        """What is owed at the end of each quarter or year: work not done, green energy, quotas, missing use."""
        for each in self.study.demand:
            missing = (self.asked[each.name] - self.done[each.name]) * self.days[:, :, None]
            for quarter, amount in enumerate(missing.sum(axis=(1, 2))):
                self._book("unmet", quarter, amount * each.unmet_cny_per_pflops_hour)
        for year in range(len(self.study.years)):
            now = float(self._now[:-1][self._year == year].mean())
            self.cost_cny["green"][year] += now * sum(
                self.green_mwh(site, year) * rule.premium_cny_per_mwh
                for rule in self.study.green
                for site in rule.sites
            )
            for quota in self.study.quotas:
                self.cost_cny["over_quota"][year] += (
                    now * self.over_mwh(quota.name, year) * 1e3 * (quota.over_cny_per_kwh or 0.0)
                )
            rule = self.study.utilisation
            price = rule.penalty_cny_per_pflops_hour if rule else None
            idle = sum(self.idle_pflops(site, year) for site in self._row)
            self.cost_cny["idle"][year] += now * idle * HOURS_PER_YEAR * (price or 0.0)

    def green_mwh(self, site: str, year: int) -> float:
        """Green energy to be bought beyond the site's own contracts [MWh]."""
        rule = next((rule for rule in self.study.green if site in rule.sites), None)
        if rule is None or self.study.years[year] < rule.since:
            return 0.0
        missing = rule.at_least - self.catalogue.site(site).green_share
        return max(0.0, missing) * float(self.energy_mwh[self._row[site], year])

    def over_mwh(self, name: str, year: int) -> float:
        """Energy above a quota [MWh]."""
        quota = next(quota for quota in self.study.quotas if quota.name == name)
        if self.study.years[year] < quota.since:
            return 0.0
        used = sum(float(self.energy_mwh[self._row[site], year]) for site in quota.sites)
        return max(0.0, used - quota.mwh)

    def idle_pflops(self, site: str, year: int) -> float:
        """Use that is missing from the target [mean PFLOPS]."""
        rule = self.study.utilisation
        if rule is None or self.study.years[year] < rule.since:
            return 0.0
        row = self._row[site]
        return max(
            0.0, rule.at_least * float(self.capacity_pflops[row, year]) - float(self.pflops[row, year])
        )

    def unmet_share(self) -> list[float]:
        """Work not done over work asked for, of each class."""
        days = self.days[:, :, None]
        shares = []
        for each in self.study.demand:
            asked = float((self.asked[each.name] * days).sum())
            done = float((self.done[each.name] * days).sum())
            shares.append(0.0 if asked == 0 else max(0.0, 1 - done / asked))
        return shares

    def served_share(self, name: str, year: int) -> float:
        """Work of a class done over work asked for in a calendar year; 1 when none is."""
        inside = self._year == year - self.study.start.year
        days = self.days[inside][:, :, None]
        asked = float((self.asked[name][inside] * days).sum())
        return 1.0 if asked == 0 else float((self.done[name][inside] * days).sum()) / asked

    def _asked(self, index: int) -> Floats:
        shape = np.array(self.study.demand[index].shape)
        block = self.study.block_hours
        # A block is met at its mean rate: that is the resolution of the plan.
        steady = np.repeat(shape.reshape(-1, block).mean(axis=1), block)
        times = np.array([day.demand_times for day in self.study.days])
        return np.asarray(self.course.pflops[index][:, None, None] * times[None, :, None] * steady)

    def _may_run(self, name: str, site_id: str, kind: str) -> bool:
        each = next(each for each in self.study.demand if each.name == name)
        site = self.catalogue.site(site_id)
        near = each.rtt_ms_max is None or self.network.rtt_ms(each.origin, site_id) <= each.rtt_ms_max
        home = not (each.provinces or each.hubs) or site.province in each.provinces or site.hub in each.hubs
        memory = self.catalogue.accelerator(self.study.module(kind).accelerator).memory_gib
        return near and home and set(each.tags) <= site.tags and memory >= each.memory_gib_min

    def _invest(self, cny: float, quarter: int, life_years: float, last: int) -> None:
        self._book("capital", quarter, cny)
        left = max(0.0, 1 - (last - quarter) / 4 / life_years)
        self.cost_cny["residual"][-1] -= cny * left * float(self._now[last])

    def _book(self, part: str, quarter: int, cny: float) -> None:
        self.cost_cny[part][self._year[quarter]] += cny * self._now[quarter]

    def _sum_by_year(self, target: Floats, quarters: Floats) -> None:
        np.add.at(target, self._year, quarters)
