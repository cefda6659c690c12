"""The carbon report: energy and emissions of a tenant's month by site, location- and market-based."""

from __future__ import annotations

import math
from collections.abc import Iterable

from api.store import Usage
from api.wire.accounts import CarbonReport, CarbonRow


def report_carbon(tenant: str, month: str, usages: Iterable[Usage]) -> CarbonReport:
    """Return the report of a tenant's month, sites in the order of their ids."""
    by_site: dict[str, list[Usage]] = {}
    for usage in usages:
        by_site.setdefault(usage.site, []).append(usage)
    rows = [_row(site, by_site[site]) for site in sorted(by_site)]
    return CarbonReport(
        tenant=tenant,
        month=month,
        energy_kwh=math.fsum(row.energy_kwh for row in rows),
        location_kg=math.fsum(row.location_kg for row in rows),
        market_kg=math.fsum(row.market_kg for row in rows),
        sites=rows,
    )


def _row(site: str, usages: list[Usage]) -> CarbonRow:
    return CarbonRow(
        site=site,
        energy_kwh=math.fsum(usage.energy_kwh for usage in usages),
        location_kg=math.fsum(usage.carbon_kg for usage in usages),
        market_kg=math.fsum(usage.carbon_market_kg for usage in usages),
        jobs=len({usage.job for usage in usages}),
    )
