"""What the nodes of a cluster really hold for jobs now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.dispatch.kubernetes.quantity import amount_of
from api.dispatch.kubernetes.settings import KubernetesSite
from topology import Resources


def held_by(nodes: Iterable[Mapping[str, Any]], settings: KubernetesSite) -> Resources:
    """Return what is allocatable on the nodes that are ready and not cordoned."""
    held = Resources()
    for node in nodes:
        if not _open(node):
            continue
        amounts = node["status"].get("allocatable") or {}
        held += Resources(
            cpu_cores=amount_of(amounts.get("cpu", "0")),
            memory_gib=amount_of(amounts.get("memory", "0")) / 2**30,
            accelerators=_accelerators(node, amounts, settings),
        )
    return held


def _open(node: Mapping[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in node["status"].get("conditions") or ()}
    return conditions.get("Ready") == "True" and not node.get("spec", {}).get("unschedulable")


def _accelerators(
    node: Mapping[str, Any], amounts: Mapping[str, str], settings: KubernetesSite
) -> dict[str, float]:
    labels = node["metadata"].get("labels") or {}
    return {
        model: amount_of(amounts[resource])
        for model, resource in settings.accelerators.items()
        if resource in amounts and settings.selectors.get(model, {}).items() <= labels.items()
    }
