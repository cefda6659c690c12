"""Capital: what a build costs over the plan, in money of the first quarter, less what is left of it at the end."""

from __future__ import annotations

from simulations.expansion.study import LinkOffer, ModuleKind, SiteOffer, Study


def residual_share(study: Study, quarter: int, life_years: float) -> float:
    """Part of a price that is left at the plan's end of what was started in a quarter: a straight line."""
    age_years = (len(study.quarters) - quarter) / 4
    return max(0.0, 1.0 - age_years / life_years)


def module_capital_cny(study: Study, kind: ModuleKind, quarter: int) -> float:
    """Price of a hall less its residual, discounted [CNY]."""
    return _net_cny(study, kind.capital_cny, quarter, kind.life_years)


def link_capital_cny(study: Study, link: LinkOffer, quarter: int) -> float:
    """Price of a step of a link less its residual, discounted [CNY]."""
    return _net_cny(study, link.capital_cny, quarter, link.life_years)


def opening_capital_cny(study: Study, offer: SiteOffer, quarter: int) -> float:
    """Price of opening a site, discounted [CNY]; land and substation are taken to have no second buyer."""
    return offer.opening_cny * study.discount(quarter)


def _net_cny(study: Study, cny: float, quarter: int, life_years: float) -> float:
    left = residual_share(study, quarter, life_years) * study.discount(len(study.quarters))
    return cny * (study.discount(quarter) - left)
