"""Reads the rules of a study: utilisation, PUE, green share, quotas, budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulations.expansion.study import BudgetRule, GreenRule, PueRule, QuotaRule, UtilisationRule
from simulations.expansion.toml_table import TomlTable


def read_rules(rules: TomlTable, sites: Sequence[str], years: tuple[int, int]) -> dict[str, Any]:
    """The rules, by the names of the study's attributes; faults stay in the table's list."""
    first, last = years
    read: dict[str, Any] = {
        "utilisation": _utilisation(rules.table("utilisation"), first) if rules.has("utilisation") else None,
        "pue": tuple(_pue(table, sites) for table in rules.tables("pue")),
        "green": tuple(_green(table, sites, first) for table in rules.tables("green")),
        "quotas": tuple(_quota(table, sites, first) for table in rules.tables("quotas")),
        "budgets": tuple(_budget(table, first, last) for table in rules.tables("budgets")),
    }
    names = [quota.name for quota in read["quotas"]]
    if len(set(names)) < len(names):
        rules.fault("quotas", "must have a name of their own each")
    for key, part in (("green", read["green"]), ("pue", read["pue"])):
        named = [site for rule in part for site in rule.sites]
        if len(set(named)) < len(named):
            rules.fault(key, "must name each site in one rule only")
    budget_years = [budget.year for budget in read["budgets"]]
    if len(set(budget_years)) < len(budget_years):
        rules.fault("budgets", "must name each year once")
    rules.close()
    return read


def _utilisation(table: TomlTable, first: int) -> UtilisationRule:
    key = "penalty_cny_per_pflops_hour"
    rule = UtilisationRule(
        at_least=table.number("at_least", high=1),
        since=table.whole("since", first, low=2000, high=2200),
        penalty_cny_per_pflops_hour=table.number(key) if table.has(key) else None,
    )
    table.close()
    return rule


def _pue(table: TomlTable, sites: Sequence[str]) -> PueRule:
    rule = PueRule(
        sites=table.some_of("sites", sites, "site of this study", needed=True),
        at_most=table.number("at_most", low=1, high=5),
    )
    table.close()
    return rule


def _green(table: TomlTable, sites: Sequence[str], first: int) -> GreenRule:
    rule = GreenRule(
        sites=table.some_of("sites", sites, "site of this study", needed=True),
        at_least=table.number("at_least", high=1),
        since=table.whole("since", first, low=2000, high=2200),
        premium_cny_per_mwh=table.number("premium_cny_per_mwh"),
        most_mwh=table.number("most_mwh"),
    )
    table.close()
    return rule


def _quota(table: TomlTable, sites: Sequence[str], first: int) -> QuotaRule:
    key = "over_cny_per_kwh"
    rule = QuotaRule(
        name=table.text("name"),
        sites=table.some_of("sites", sites, "site of this study", needed=True),
        mwh=table.number("mwh"),
        since=table.whole("since", first, low=2000, high=2200),
        over_cny_per_kwh=table.number(key) if table.has(key) else None,
    )
    table.close()
    return rule


def _budget(table: TomlTable, first: int, last: int) -> BudgetRule:
    rule = BudgetRule(year=table.whole("year", low=first, high=last), cny=table.number("cny"))
    table.close()
    return rule
