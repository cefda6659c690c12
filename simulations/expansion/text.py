"""A capacity plan as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from simulations.expansion.account import PARTS
from simulations.expansion.document import builds_of
from simulations.expansion.expansion import Expansion
from simulations.expansion.marginal import Marginal
from simulations.expansion.model import MILLION

SHOWN_VALUES = 20


def expansion_text(plan: Expansion) -> str:
    """The plan on a page or two; money in million CNY of the first quarter."""
    parts = [
        _head(plan),
        _schedule(plan),
        _costs(plan),
        _use(plan),
        _values(plan.marginals),
        _regret(plan),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(plan: Expansion) -> str:
    study, account = plan.study, plan.account
    lines = [
        f"{study.name}: {study.start} to {study.end}, {len(study.sites)} sites, {len(study.futures)} futures",
        f"  cost {plan.objective_cny / MILLION:,.1f} million CNY, discounted; no plan costs less than "
        f"{plan.bound_cny / MILLION:,.1f} (gap {plan.gap:.2%})",
        f"  mean of the futures {account.expected_cny / MILLION:,.1f}, of the worst "
        f"{1 - study.risk.alpha:.0%} {account.worst_cny(study.risk.alpha) / MILLION:,.1f}",
        f"  recomputed apart from the solver: {plan.objective_cny / MILLION:,.4f} against "
        f"{plan.solver_cny / MILLION:,.4f}; rules broken: {len(account.faults)}",
    ]
    lines += [f"    {fault}" for fault in account.faults]
    return "\n".join(lines)


def _schedule(plan: Expansion) -> str:
    rows = [
        [
            str(row["start"]),
            str(row["ready"]),
            str(row["site"]),
            str(row["module"]),
            str(row["halls"]),
            f"{row['accelerators']:,} {row['accelerator']}, {row['cooling']}",
            f"{row['capital_cny'] / MILLION:,.0f}",
        ]
        for row in builds_of(plan)
    ]
    quarters = plan.study.quarters
    for site, quarter in sorted(plan.decision.opened.items()):
        rows.append([str(quarters[quarter]), "", site, "(site opened)", "", "", ""])
    for (link, quarter), count in sorted(plan.decision.steps.items()):
        rows.append([str(quarters[quarter]), "", link, "(steps of the link)", str(count), "", ""])
    head = ["start", "ready", "site", "module", "halls", "accelerators, cooling", "capital"]
    return "Builds, capital in million CNY\n" + _table(head, sorted(rows)) if rows else "Builds: none"


def _costs(plan: Expansion) -> str:
    account = plan.account
    rows = []
    for part in PARTS:
        means = [
            float(account.cost_cny[part][:, y] @ account.probabilities) for y in range(len(account.years))
        ]
        cells = [f"{value / MILLION:,.1f}" for value in (*means, sum(means))]
        rows.append([part.replace("_", " "), *cells])
    head = ["part", *map(str, account.years), "all"]
    return "Mean cost by part and year, million CNY\n" + _table(head, rows)


def _use(plan: Expansion) -> str:
    """Use of each site's halls, by year, in the mean of the futures."""
    account = plan.account
    rows = []
    for row, site in enumerate(account.sites):
        cells = []
        for column in range(len(account.years)):
            can = float(account.capacity_pflops[:, row, column] @ account.probabilities)
            used = float(account.pflops[:, row, column] @ account.probabilities)
            cells.append(f"{used / can:.0%} of {can / 1e3:.1f}" if can else "-")
        rows.append([site, *cells])
    head = ["site", *map(str, account.years)]
    return "Use of the halls, of mean EFLOPS in place\n" + _table(head, rows)


def _values(marginals: Sequence[Marginal]) -> str:
    rows = [
        [
            each.rule,
            each.where,
            each.unit,
            f"{each.held_cny:,.0f}",
            "" if each.free_cny is None else f"{each.free_cny:,.0f}",
        ]
        for each in marginals
        if max(each.held_cny, each.free_cny or 0.0) >= 1.0
    ]
    if not rows:
        return "No constraint binds: more of any would save nothing."
    more = f"\n({len(rows) - SHOWN_VALUES} more in --json)" if len(rows) > SHOWN_VALUES else ""
    head = ["constraint", "where", "one more", "builds held", "builds free"]
    return "What one more unit would save, CNY\n" + _table(head, rows[:SHOWN_VALUES]) + more


def _regret(plan: Expansion) -> str:
    regret = plan.regret
    rows = [
        [
            name,
            f"{regret.expected_cny[row] / MILLION:,.1f}",
            *(f"{value / MILLION:,.1f}" for value in regret.regret_cny[row]),
        ]
        for row, name in enumerate(regret.plans)
    ]
    head = ["plan made for", "mean cost", *regret.futures]
    lines = [
        "Regret: what each plan costs above the best known for each future, million CNY",
        _table(head, rows),
    ]
    lines.append(
        f"worth of knowing the future {regret.perfect_information_cny / MILLION:,.1f}"
        + (
            f"; worth of planning for all futures and not their mean "
            f"{regret.stochastic_solution_cny / MILLION:,.1f}"
            if "mean" in regret.plans
            else ""
        )
    )
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need be; numbers to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    numeric = [all(_is_number(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  "
        + "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def _is_number(cell: str) -> bool:
    return (
        not cell
        or cell == "-"
        or cell.replace(",", "").replace(".", "").lstrip("-").replace("inf", "0").isdigit()
    )
