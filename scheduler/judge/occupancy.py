"""What all placements hold together: every resource of every site and every link, slot by slot."""

from __future__ import annotations

from collections.abc import Iterator

from scheduler.judge.allowance import Allowances
from scheduler.judge.case import Case, movements
from scheduler.judge.facts import Facts
from scheduler.judge.fault import Fault
from scheduler.judge.verdict import Reckoning

# Sums of many floats differ in their last digits by the order they are added in; a violation is larger.
RELATIVE_TOLERANCE = 1e-9


class Occupancy:
    """Running totals per (site, resource, slot), per (tenant, resource, slot) and per (link, slot)."""

    def __init__(self, facts: Facts, allowances: Allowances) -> None:
        """Start with nothing held."""
        self._facts, self._allowances = facts, allowances
        self._held_by_tenant: dict[tuple[str, str], list[float]] = {}
        self._held: dict[tuple[str, str], list[float]] = {}
        self._flow_gbps: dict[str, list[float]] = {}

    def add(self, case: Case) -> None:
        """Hold what one placement holds; its spans must lie inside the horizon."""
        for site in case.claim.sites:
            for span in case.spans:
                for resource, amount in (*case.resources.items(), ("it_kw", case.it_kw)):
                    held = self._held.setdefault((site, resource), [0.0] * self._facts.horizon.slots)
                    limited = resource in self._allowances.tenants.get(case.request.tenant, ())
                    tenant = (
                        self._held_by_tenant.setdefault(
                            (case.request.tenant, resource), [0.0] * self._facts.horizon.slots
                        )
                        if limited
                        else None
                    )
                    for slot in range(span.first, span.end):
                        held[slot] += amount
                        if tenant is not None:
                            tenant[slot] += amount
            for movement in movements(case, site, self._facts):
                for link in movement.path:
                    flow = self._flow_gbps.setdefault(link.id, [0.0] * self._facts.horizon.slots)
                    for slot in range(max(0, movement.first), min(movement.end, self._facts.horizon.slots)):
                        flow[slot] += movement.gbps

    def faults(self) -> Iterator[Fault]:
        """Yield every limit that is exceeded: of sites, of links, of tenants, each by slot, then of energy."""
        for (site, resource), held in sorted(self._held.items()):
            for slot, found in enumerate(held):
                limit = self._limit(site, resource, slot)
                if _is_over(found, limit):
                    kind = "OVER_POWER" if resource == "it_kw" else "OVER_CAPACITY"
                    yield Fault(kind=kind, site=site, slot=slot, what=resource, limit=limit, found=found)
        for name, flow in sorted(self._flow_gbps.items()):
            limit = self._facts.links[name].capacity_gbps
            for slot, found in enumerate(flow):
                if _is_over(found, limit):
                    yield Fault(
                        kind="OVER_LINK", site=name, slot=slot, what="flow_gbps", limit=limit, found=found
                    )

        yield from self._over_quota()
        yield from self._over_energy()

    def it_kw(self, site: str) -> list[float]:
        """Return what runs at a site in every slot [kW]."""
        return self._held.get((site, "it_kw"), [0.0] * self._facts.horizon.slots)

    def pv_saving(self) -> Reckoning:
        """Return what the sites' own sun saves against power from the grid, under all placements together."""
        energy_cny = carbon_kg = energy_kwh = 0.0
        for site in sorted({site for site, _ in self._held}):
            prices, sun = self._facts.slot_prices(site), self._facts.sun_it_kw(site)
            for slot, held_kw in enumerate(self.it_kw(site)):
                kwh = min(held_kw, sun[slot]) * prices.pue_marginal[slot] * self._facts.horizon.hours_per_slot
                energy_kwh += kwh
                energy_cny += kwh * prices.power_cny_per_kwh[slot]
                carbon_kg += kwh * prices.carbon_g_per_kwh[slot] / 1000
        return Reckoning(
            energy_cny=energy_cny,
            carbon_cny=carbon_kg / 1000 * self._facts.carbon_cny_per_t,
            carbon_kg=carbon_kg,
            energy_kwh=energy_kwh,
        )

    def _over_quota(self) -> Iterator[Fault]:
        for (tenant, resource), held in sorted(self._held_by_tenant.items()):
            limit = self._allowances.tenants[tenant][resource]
            for slot, found in enumerate(held):
                if _is_over(found, limit):
                    what = f"{resource} of tenant {tenant}"
                    yield Fault(kind="OVER_QUOTA", slot=slot, what=what, limit=limit, found=found)

    def _over_energy(self) -> Iterator[Fault]:
        """A slot that begins in the period counts whole, base load included."""
        horizon = self._facts.horizon
        for quota in self._allowances.energy:
            pue = self._facts.slot_prices(quota.site).pue_marginal
            it_kw, base_kw = self.it_kw(quota.site), self._facts.sites[quota.site].base_kw
            slots = [
                slot for slot in range(horizon.slots) if quota.start <= horizon.instant(slot) < quota.end
            ]
            idle_kwh = sum(base_kw * horizon.hours_per_slot for _ in slots)
            run_kwh = sum(pue[slot] * it_kw[slot] * horizon.hours_per_slot for slot in slots)
            # What the base load alone uses is no fault of the plan.
            if _is_over(run_kwh, max(quota.kwh - idle_kwh, 0.0)):
                found = idle_kwh + run_kwh
                yield Fault(kind="OVER_ENERGY", site=quota.site, what="kwh", limit=quota.kwh, found=found)

    def _limit(self, site: str, resource: str, slot: int) -> float:
        place = self._facts.sites[site]
        if resource == "it_kw":
            return (place.power_limit_kw - place.base_kw) / self._facts.slot_prices(site).pue_marginal[slot]
        return place.capacity.get(resource)


def _is_over(found: float, limit: float) -> bool:
    return found > limit + RELATIVE_TOLERANCE * max(1.0, abs(limit))
