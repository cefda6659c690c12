"""Plans in whole halls from a plan in fractions: running totals are rounded, and a hall without room waits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from simulations.expansion.decision import Build, Decision
from simulations.expansion.model import ExpansionModel, Variable
from simulations.expansion.study import SiteOffer

LEVELS = (0.1, 0.05, 0.2, 0.02, 0.35, 0.15, 0.5, 0.7)
"""A running total is rounded up when its fraction is at least this."""

KW_PER_MW = 1000.0
_SLACK = 1e-6


def rounded_decisions(model: ExpansionModel, values: Mapping[Variable, float]) -> Iterator[Decision]:
    """Whole plans near a fractional one, each different from the others."""
    seen = set()
    for level in LEVELS:
        decision = _Rounding(model, values, level).decision()
        if decision.key not in seen:
            seen.add(decision.key)
            yield decision


class _Rounding:
    """One pass over the quarters. What has no room for pace, grid, PUE or budget stays owed to the next quarter."""

    def __init__(self, model: ExpansionModel, values: Mapping[Variable, float], level: float) -> None:
        self._model, self._values, self._level = model, values, level
        study = model.study
        self._build: dict[Build, int] = {}
        self._owed = dict.fromkeys(model.rates.halls, 0.0)
        self._grid_kw = {offer.site: self._free_kw(offer) for offer in study.sites}
        self._pue_kw = dict.fromkeys((offer.site for offer in study.sites), 0.0)
        self._pue_max = {site: rule.at_most for rule in study.pue for site in rule.sites}
        self._budget = {budget.year: budget.cny for budget in study.budgets}

    def decision(self) -> Decision:
        """The whole plan."""
        model = self._model
        for quarter in model.quarters:
            for key in self._owed:
                if (*key, quarter) in model.build:
                    self._owed[key] += self._values[model.build[(*key, quarter)]]
            for offer in model.study.sites:
                self._start_halls(offer, quarter)
        return Decision(build=self._build, opened=self._openings(), steps=self._steps())

    def _start_halls(self, offer: SiteOffer, quarter: int) -> None:
        if offer.opening_cny and quarter < offer.opening_quarters:
            return
        for _ in range(offer.most_per_quarter):
            kinds = [name for name in offer.modules if self._fits(offer.site, name, quarter)]
            name = max(kinds, key=lambda kind: self._owed[offer.site, kind], default=None)
            if name is None or self._owed[offer.site, name] < self._level - _SLACK:
                return
            self._start_hall(offer.site, name, quarter)

    def _fits(self, site: str, name: str, quarter: int) -> bool:
        model = self._model
        hall, kind = model.rates.halls[site, name], model.study.module(name)
        year = model.study.quarters[quarter].year
        excess_kw = self._pue_kw[site] + hall.it_kw * (hall.design_pue - self._pue_max.get(site, math.inf))
        return (
            (site, name, quarter) in model.build
            and hall.peak_kw <= self._grid_kw[site] + _SLACK
            and excess_kw <= _SLACK
            and kind.capital_cny <= self._budget.get(year, math.inf)
        )

    def _start_hall(self, site: str, name: str, quarter: int) -> None:
        model = self._model
        hall, kind = model.rates.halls[site, name], model.study.module(name)
        year = model.study.quarters[quarter].year
        self._build[site, name, quarter] = self._build.get((site, name, quarter), 0) + 1
        self._owed[site, name] -= 1.0
        self._grid_kw[site] -= hall.peak_kw
        if site in self._pue_max:
            self._pue_kw[site] += hall.it_kw * (hall.design_pue - self._pue_max[site])
        if year in self._budget:
            self._budget[year] -= kind.capital_cny

    def _free_kw(self, offer: SiteOffer) -> float:
        halls = self._model.rates.halls
        held = sum(halls[offer.site, name].peak_kw * count for name, count in offer.existing.items())
        return offer.grid_mw * KW_PER_MW - held

    def _openings(self) -> dict[str, int]:
        """Each new site is opened just in time for its first hall."""
        opened: dict[str, int] = {}
        for offer in self._model.study.sites:
            first = min((quarter for site, _, quarter in self._build if site == offer.site), default=None)
            if offer.opening_cny and first is not None:
                opened[offer.site] = first - offer.opening_quarters
        return opened

    def _steps(self) -> dict[tuple[str, int], int]:
        """Steps of links are cheap beside the work they carry: always rounded up."""
        steps: dict[tuple[str, int], int] = {}
        for link in self._model.study.links:
            total, started = 0.0, 0
            for quarter in self._model.quarters:
                if (link.link, quarter) in self._model.steps:
                    total += self._values[self._model.steps[link.link, quarter]]
                    whole = min(math.ceil(total - _SLACK), link.most_steps)
                    if whole > started:
                        steps[link.link, quarter], started = whole - started, whole
        return steps
