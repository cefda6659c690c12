"""Audits a capacity plan: recomputes every cost and rule hour by hour from the price book and the catalogue.

It shares no code with the program that made the plan: no rates, no constraints, no solver; only the study, the
decision, and the work that is placed. So a wrong coefficient there shows here as a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from pricing import PriceBook, build_price_book, it_power_kw
from simulations.expansion.account import PARTS, Account
from simulations.expansion.audit_rules import broken_first_stage, broken_in_future
from simulations.expansion.course import Course
from simulations.expansion.decision import Decision, Operation
from simulations.expansion.ledger import Ledger
from simulations.expansion.study import ModuleKind, Study
from topology import CHINA_TIME, Catalogue, Cooling, Horizon, Network

Floats = NDArray[np.float64]
HOURS_PER_YEAR = 8760.0


class Auditor:
    """Audits plans of one study.

    Args:
        study: the question.
        catalogue: of its sites, links and accelerators.
    """

    def __init__(self, study: Study, catalogue: Catalogue) -> None:
        self.study, self.catalogue = study, catalogue
        self.network = Network(catalogue)
        self.days = np.array([[q.days * day.weight for day in study.days] for q in study.quarters])
        self._books: dict[tuple[int, Cooling], PriceBook] = {}
        self._hours: dict[tuple[str, Cooling], tuple[Floats, Floats, Floats]] = {}

    def audit(
        self, decision: Decision, courses: Sequence[Course], operations: Sequence[Operation]
    ) -> Account:
        """The account of a decision and the work placed in each course."""
        study = self.study
        ledgers = [
            self._ledger(decision, course, operation)
            for course, operation in zip(courses, operations, strict=True)
        ]
        faults = list(broken_first_stage(study, decision, self))
        for ledger in ledgers:
            faults += broken_in_future(study, ledger)
        return Account(
            futures=tuple(course.name for course in courses),
            probabilities=tuple(course.probability for course in courses),
            years=study.years,
            sites=tuple(offer.site for offer in study.sites),
            cost_cny={part: np.array([ledger.cost_cny[part] for ledger in ledgers]) for part in PARTS},
            energy_mwh=np.array([ledger.energy_mwh for ledger in ledgers]),
            pflops=np.array([ledger.pflops for ledger in ledgers]),
            capacity_pflops=np.array([ledger.capacity_pflops for ledger in ledgers]),
            unmet_share=np.array([ledger.unmet_share() for ledger in ledgers]),
            faults=tuple(faults),
        )

    def hourly(self, site: str, cooling: Cooling) -> tuple[Floats, Floats, Floats]:
        """Power price, carbon price of energy [CNY/kWh] and marginal PUE of a site, each [Q, days, 24]."""
        key = (site, cooling)
        if key not in self._hours:
            power, carbon, pue = [], [], []
            for quarter in self.study.quarters:
                years = quarter.year - self.study.start.year
                books = [self._book(quarter.month(day.month), cooling) for day in self.study.days]
                row = books[0].row(site)
                dearer = (1 + self.study.power_growth_per_year) ** years
                given = self.study.carbon_cny_per_t
                price = books[0].carbon_cny_per_t if given is None else given
                price *= (1 + self.study.carbon_growth_per_year) ** years
                power.append([book.power_cny_per_kwh[row] * dearer for book in books])
                carbon.append([book.carbon_g_per_kwh[row] * 1e-6 * price for book in books])
                pue.append([book.pue_marginal[row] for book in books])
            self._hours[key] = (np.array(power), np.array(carbon), np.array(pue))
        return self._hours[key]

    def full_it_kw(self, kind: ModuleKind) -> float:
        """IT power of a hall at full load [kW]."""
        model = self.catalogue.accelerator(kind.accelerator)
        return it_power_kw(1, kind.cpu_cores, kind.memory_gib, model, kind.count)

    def full_pflops(self, kind: ModuleKind) -> float:
        """Work of a hall at full load [PFLOPS]."""
        return kind.count * (self.catalogue.accelerator(kind.accelerator).fp16_tflops or 0.0) / 1e3

    def _book(self, month: int, cooling: Cooling) -> PriceBook:
        key = (month, cooling)
        if key not in self._books:
            noon = datetime(self.study.start.year, month, 15, tzinfo=CHINA_TIME)
            wanted = {offer.site for offer in self.study.sites}
            sites = tuple(replace(s, cooling=cooling) for s in self.catalogue.sites if s.id in wanted)
            world = Catalogue(name="audit", sites=sites)
            self._books[key] = build_price_book(world, Horizon(start=noon, slots=24, slot_minutes=60))
        return self._books[key]

    def _ledger(self, decision: Decision, course: Course, operation: Operation) -> Ledger:
        ledger = Ledger(self.study, self.catalogue, self.network, course, self.days)
        ledger.book_capital(decision)
        ledger.book_halls(decision)
        ledger.book_flows(operation)
        for offer in self.study.sites:
            for name in offer.modules:
                kind = self.study.module(name)
                hours = self.hourly(offer.site, kind.cooling)
                ledger.book_energy(offer.site, kind, self.full_it_kw(kind), self.full_pflops(kind), hours)
        ledger.settle()
        return ledger
