"""Explanation: why a job got what it got. Data first; only `render` makes sentences of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scheduler.cost import CostParts
from scheduler.reason import Reason
from topology import CHINA_TIME


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """An option the job has, or would have.

    Attributes:
        site: site id.
        variant: index into the job's variants.
        accelerator: model of the variant, or None.
        start: start of the run.
        end: end of the run.
        cost: unweighted.
        carbon_kg: emissions.
        replicas: sites of all replicas, `site` first; empty unless the job spreads.
    """

    site: str
    variant: int
    accelerator: str | None
    start: datetime
    end: datetime
    cost: CostParts
    carbon_kg: float
    replicas: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteVerdict:
    """What one site has to offer.

    Attributes:
        site: site id.
        reason: why it is out of the question, or None.
        best: its cheapest option beside the rest of the plan, or None where there is none.
        extra_cny: what that costs more than the chosen one (than the job is worth, where none was chosen).
    """

    site: str
    reason: Reason | None
    best: Alternative | None
    extra_cny: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The smallest change of one field that helps.

    Attributes:
        field: field of the job.
        amount: how much of `unit`; None where the change is a choice and not a quantity.
        unit: "h", "ms", "CNY", "kg", "tasks", or "".
        to: the new value, in words or figures.
        result: the option the job would then have.
        saving_cny: what it saves against the chosen option; None when it is what makes the job run at all.
    """

    field: str
    amount: float | None
    unit: str
    to: str
    result: Alternative
    saving_cny: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Marginal:
    """What a little more leeway would save, by the plan's own prices: running cost and the worth of the room taken.

    Attributes:
        field: field of the job.
        by: how much more of it, in words.
        saving_cny: what it saves; 0 where it helps nothing, None where only it makes the job run.
        to: what is allowed then, where that is not the next step of the field itself: the province.
    """

    field: str
    by: str
    saving_cny: float | None
    to: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """The answer about one job.

    Attributes:
        job: its name.
        value_cny: what running it is worth.
        chosen: what the plan gave it, or None.
        next_best: the cheapest option at another time or site, or None.
        sites: what every site has to offer, the cheapest first, then those out of the question.
        changes: what would have to change for it to run, or to be cheaper.
        marginals: what one hour, one millisecond, one region more or one task less would save.
    """

    job: str
    value_cny: float
    chosen: Alternative | None
    next_best: Alternative | None
    sites: tuple[SiteVerdict, ...]
    changes: tuple[Change, ...]
    marginals: tuple[Marginal, ...] = ()


_BECAUSE = {
    Reason.SITE_LOST: "out of use",
    Reason.MISSING_TAG: "lacks a compliance tag the job needs",
    Reason.NOT_RESIDENT: "outside the provinces and hubs the job may run in",
    Reason.NO_ACCELERATOR: "holds none of the accelerators the job can use",
    Reason.TOO_LARGE: "too small for the job even when empty",
    Reason.OVER_QUOTA: "the tenant's quota has no room for it",
    Reason.NO_ROUTE: "no route to the job's origin or data",
    Reason.TOO_FAR: "too far from the origin: the round trip is longer than the job allows",
    Reason.NO_TIME: "the run does not fit between release and deadline",
    Reason.TRANSFER_TOO_LONG: "the inputs could not arrive early enough",
    Reason.OVER_BUDGET: "every start costs more than the budget",
    Reason.OVER_CARBON: "every start emits more than the job allows",
    Reason.NO_SPREAD: "no other sites near or far enough could take its replicas",
    Reason.NO_ROOM_IN_TIME: "full whenever the job could run",
    Reason.NOT_WORTH_IT: "costs more than the job is worth",
}
_MOST_NAMES = 6


def render(explanation: Explanation) -> str:
    """Return the explanation as a few plain paragraphs."""
    parts = [_verdict(explanation), *_offers(explanation), *_refusals(explanation), *_changes(explanation)]
    parts.extend(_marginals(explanation))
    return "\n".join(parts)


def _verdict(explanation: Explanation) -> str:
    chosen = explanation.chosen
    if chosen is None:
        return (
            f"{explanation.job} does not run. Leaving it out costs its value, {_cny(explanation.value_cny)}."
        )
    parts = chosen.cost
    return (
        f"{explanation.job} runs at {_option(chosen)}, for {_cny(parts.run_cny)}: "
        f"energy {_cny(parts.energy_cny)}, carbon {_cny(parts.carbon_cny)}, "
        f"network {_cny(parts.network_cny)}; {chosen.carbon_kg:.3g} kg CO2."
    )


def _offers(explanation: Explanation) -> list[str]:
    lines = []
    if explanation.chosen is not None and explanation.next_best is not None:
        extra = explanation.next_best.cost.run_cny - explanation.chosen.cost.run_cny
        lines.append(f"The next best is {_option(explanation.next_best)}, {_difference(extra)}.")
    elif explanation.chosen is not None:
        lines.append("Nothing else would do: no other site or start has room for it under its rules.")
    others = [
        verdict
        for verdict in explanation.sites
        if verdict.best is not None
        and (explanation.chosen is None or verdict.site != explanation.chosen.site)
    ]
    if others:
        lines.append("Elsewhere, beside the rest of the plan:")
        lines.extend(f"  {verdict.site}: {_offer(explanation, verdict)}" for verdict in others[:_MOST_NAMES])
        if len(others) > _MOST_NAMES:
            lines.append(f"  and {len(others) - _MOST_NAMES} more sites, each dearer")
    return lines


def _offer(explanation: Explanation, verdict: SiteVerdict) -> str:
    assert verdict.best is not None
    assert verdict.extra_cny is not None
    start = _time(verdict.best.start)
    cost = _cny(verdict.best.cost.run_cny)
    if explanation.chosen is not None:
        return f"{cost} from {start}, {_difference(verdict.extra_cny)}"
    if verdict.reason is Reason.NOT_WORTH_IT:
        return f"{cost} from {start}, {_cny(verdict.extra_cny)} more than the job is worth"
    return f"{cost} from {start}; it would fit, the search for a better plan left it out"


def _refusals(explanation: Explanation) -> list[str]:
    refused: dict[Reason, list[str]] = {}
    for verdict in explanation.sites:
        if verdict.reason is not None and verdict.best is None:
            refused.setdefault(verdict.reason, []).append(verdict.site)
    if not refused:
        return []
    lines = ["Out of the question:"]
    for reason in sorted(refused, key=lambda each: (-len(refused[each]), each.value)):
        names = refused[reason]
        shown = ", ".join(names[:_MOST_NAMES]) + (
            f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        )
        lines.append(f"  {_sites(len(names))}: {_BECAUSE[reason]} ({shown})")
    return lines


def _changes(explanation: Explanation) -> list[str]:
    if not explanation.changes:
        if explanation.chosen is None:
            return ["No single change of the job would make it run within this horizon."]
        return ["No single change of the job would make it noticeably cheaper."]
    lines = ["It would run" if explanation.chosen is None else "It would be cheaper"]
    for change in explanation.changes:
        saved = "" if change.saving_cny is None else f", saving {_cny(change.saving_cny)}"
        lines.append(
            f"  {_how(change)}: at {_option(change.result)}, for {_cny(change.result.cost.run_cny)}{saved}"
        )
    return lines


def _marginals(explanation: Explanation) -> list[str]:
    helpful = [each for each in explanation.marginals if each.saving_cny is not None and each.saving_cny > 0]
    if not helpful:
        return []
    lines = ["At the plan's own prices, which count what its room is worth to other jobs:"]
    lines.extend(f"  {each.by} would save {_cny(each.saving_cny or 0.0)}" for each in helpful)
    return lines


def _how(change: Change) -> str:
    amount = "" if change.amount is None else f"{change.amount:.4g} {change.unit}"
    return {
        "deadline": f"with {amount} more until its deadline ({change.to})",
        "release": f"if it could begin {amount} earlier ({change.to})",
        "rtt_ms_max": f"with {amount} more of round trip ({change.to})",
        "residency": f"if it might also run in {change.to}",
        "tags": f"without needing {change.to}",
        "budget_cny": f"with {amount} more of budget ({change.to})",
        "carbon_kg_max": f"with {amount} more of carbon allowed ({change.to})",
        "value_cny": f"if it were worth {amount} more ({change.to})",
        "variants": f"on {change.to}, if it took no longer there",
        "tasks": f"with {change.to} tasks at once, {amount} fewer",
    }[change.field]


def _option(option: Alternative) -> str:
    machine = f" on {option.accelerator}" if option.accelerator else ""
    where = " and ".join(option.replicas) or option.site
    return f"{where}{machine} from {_time(option.start)} to {_time(option.end)}"


def _difference(extra_cny: float) -> str:
    if abs(extra_cny) < 1e-6:
        return "at the same cost"
    if extra_cny > 0:
        return f"{_cny(extra_cny)} dearer"
    return f"{_cny(-extra_cny)} cheaper: this room was left over when the plan was finished"


def _cny(amount: float) -> str:
    return f"{amount:,.2f} CNY" if abs(amount) >= 0.1 or amount == 0 else f"{amount:.2g} CNY"


def _time(instant: datetime) -> str:
    return instant.astimezone(CHINA_TIME).strftime("%m-%d %H:%M")


def _sites(count: int) -> str:
    return "1 site" if count == 1 else f"{count} sites"
