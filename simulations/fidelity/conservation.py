"""Conservation laws over the shipped scenarios: the auditor shares no code with the engine whose tables it reads."""

from __future__ import annotations

from simulations.fidelity.row import Row
from simulations.fidelity.terms import Terms
from simulations.scenario import Layer, read_scenario, shipped_names
from simulations.scenario.scenario_run import run_scenario

ODD = ("hub-loss", "fibre-cut", "quota@0.8", "forecast-error@30")
"""Where losses, limits and surprises make accounts hardest to keep."""
QUICK_JOBS, QUICK_LOAD = 200, 0.03


def laws(terms: Terms) -> tuple[Row, ...]:
    """How many laws shipped scenarios break: all under the greedy policy, the odd ones under the optimizer too."""
    names = ODD if terms.quick else shipped_names()
    rows = [_broken(names, "cheapest", Layer(label="fidelity", document=_document(terms, "cheapest")))]
    few = ODD[:1] if terms.quick else ODD
    return (*rows, _broken(few, "optimal", Layer(label="fidelity", document=_document(terms, "optimal"))))


def _document(terms: Terms, policy: str) -> dict[str, object]:
    document: dict[str, object] = {"planning": {"policy": policy}}
    return (
        {**document, "demand": {"generate": {"count": QUICK_JOBS, "load": QUICK_LOAD}}}
        if terms.quick
        else document
    )


def _broken(names: tuple[str, ...], policy: str, layer: Layer) -> Row:
    jobs = runs = faults = 0
    for name in names:
        outcome = run_scenario(read_scenario(name, (layer,))).outcome
        jobs += outcome.summary.jobs
        runs += outcome["runs"].num_rows
        faults += len(outcome.faults)
    listed = ", ".join(names) if len(names) <= len(ODD) else f"all {len(names)} shipped scenarios"
    return Row(
        name=f"laws broken, {policy}",
        source="conservation",
        unit="faults",
        expected=0.0,
        measured=float(faults),
        tolerance=0.0,
        note=f"{listed}: {jobs} jobs, {runs} runs",
    )
