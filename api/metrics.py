"""Metrics: what Prometheus reads at /metrics; gauges of the store are read when it asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from api.store import JobCounts, LastSeq, Many, One, Plan, Store
from scheduler.lifecycle import JobState

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Every metric of one service, in a registry of its own."""

    def __init__(self) -> None:
        """Register everything at zero."""
        self.registry = CollectorRegistry()
        of = self.registry
        self._latency_s = Histogram(
            "edwc_http_request_seconds",
            "Time to answer a request.",
            ("method", "route", "status"),
            buckets=LATENCY_BUCKETS_S,
            registry=of,
        )
        self.accepted = Counter("edwc_jobs_accepted", "Jobs accepted by the API.", registry=of)
        self.quotes = Counter("edwc_quotes", "Quote menus given.", registry=of)
        self.streams = Gauge("edwc_event_streams", "Event streams open.", registry=of)
        self._jobs = Gauge("edwc_jobs", "Jobs by state.", ("state",), registry=of)
        self._seq = Gauge("edwc_events_last_seq", "Number of the newest event.", registry=of)
        plan = {
            "gap": "Proven relative gap of the latest plan.",
            "placed": "Jobs the latest plan placed.",
            "refused": "Jobs the latest plan refused.",
            "cost_cny": "Objective of the latest plan [CNY].",
            "carbon_kg": "Emissions of the latest plan [kg].",
            "solve_seconds": "Time the latest plan took [s].",
            "created_timestamp_seconds": "When the latest plan was made.",
        }
        self._plan = {name: Gauge(f"edwc_plan_{name}", text, registry=of) for name, text in plan.items()}
        self.loop_age_s = Gauge(
            "edwc_loop_last_tick_age_seconds", "Since the loop last ended a tick.", registry=of
        )
        self.leading = Gauge("edwc_loop_leading", "1 when this process leads.", registry=of)
        self._plan_shown = ""
        self._children: dict[tuple[str, str, int], Histogram] = {}
        self.answered = 0

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._latency_s.labels(method, route, str(status))
        child.observe(seconds)
        self.answered += 1

    async def render(self, store: Store) -> bytes:
        """Return the page, with what the store says now."""
        counts: Mapping[str, int] = await store.read(JobCounts())
        for state in JobState:
            self._jobs.labels(state.value).set(counts.get(state.value, 0))
        newest: int = await store.read(LastSeq())
        self._seq.set(newest)
        latest = await store.read(Many(Plan, limit=1, newest_first=True, without=("document",)))
        for plan in latest.items:
            if plan.id != self._plan_shown:  # its document is long: read once
                whole = await store.read(One(Plan, plan.id))
                document = {} if whole is None else await asyncio.to_thread(json.loads, whole.document)
                self._show(plan, document.get("carbon_kg", 0.0))
        return generate_latest(self.registry)

    def _show(self, plan: Plan, carbon_kg: float) -> None:
        self._plan_shown = plan.id
        self._plan["carbon_kg"].set(carbon_kg)
        self._plan["gap"].set(plan.gap)
        self._plan["placed"].set(plan.placed)
        self._plan["refused"].set(plan.refused)
        self._plan["cost_cny"].set(plan.objective_cny)
        self._plan["solve_seconds"].set(plan.solve_seconds)
        self._plan["created_timestamp_seconds"].set(plan.created_at.timestamp())
