"""Sight: what the planner may see. It is made of the actual world once; nothing else of it reaches a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pricing import PriceBook
from scheduler import Held, World
from simulations.engine.holding import Holding
from simulations.engine.replay import Replay
from topology import Horizon, Network

Floats = npt.NDArray[np.float64]
LEAST_FORECAST = 0.05  # of the actual value: a forecast is never negative
_KINDS = {"price": 1, "carbon": 2, "load": 3}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Foreseen:
    """Forecasts of the whole span [S, T]; ratios to what comes true."""

    price: Floats
    carbon: Floats
    spared: Floats


class Sight:
    """Worlds as the planner sees them: the slot that begins now as it is, later ones as forecast.

    An error belongs to a grid area (price) or province (carbon) and an hour, and stays: looking again does not help.

    Args:
        replay: the run.
        whole: [S, R, T] room of empty sites.
    """

    def __init__(self, replay: Replay, whole: Floats) -> None:
        self._actual, self._catalogue = replay.actual, replay.catalogue
        self._window = max(round(replay.window_hours * 60 / replay.horizon.slot_minutes), 1)
        self._cadence, self._whole = replay.cadence_slots, whole
        self._quotas, self._energy, self._pv = replay.quotas, replay.energy_quotas, replay.pv
        self._foreseen = _foresee(replay)

    def world(self, slot: int, network: Network, holding: Holding, used_kwh: Sequence[float]) -> World:
        """Return what may be seen at the begin of a slot.

        Args:
            slot: now.
            network: what is in use.
            holding: room taken by work that runs or is planned, as estimated.
            used_kwh: energy used of each energy quota before now.
        """
        end = min(slot + self._window, self._actual.horizon.slots)
        quotas = (
            replace(quota, kwh=max(quota.kwh - used, 0.0))
            for quota, used in zip(self._energy, used_kwh, strict=True)
        )
        return World(
            catalogue=self._catalogue,
            network=network,
            prices=self._prices(slot, end),
            held=self._held(slot, end, holding),
            quotas=self._quotas,
            energy_quotas=tuple(quota for quota in quotas if quota.end > self._instant(slot)),
            pv=self._pv,
        )

    def _instant(self, slot: int) -> Any:
        return self._actual.horizon.instant(slot)

    def _prices(self, slot: int, end: int) -> PriceBook:
        book, horizon = self._actual, self._actual.horizon
        price, carbon = (ratio[:, slot:end].copy() for ratio in (self._foreseen.price, self._foreseen.carbon))
        price[:, 0] = carbon[:, 0] = 1.0
        return replace(
            book,
            horizon=Horizon(start=horizon.instant(slot), slots=end - slot, slot_minutes=horizon.slot_minutes),
            power_cny_per_kwh=book.power_cny_per_kwh[:, slot:end] * price,
            carbon_g_per_kwh=book.carbon_g_per_kwh[:, slot:end] * carbon,
            pue_marginal=book.pue_marginal[:, slot:end].copy(),
            power_parts_cny_per_kwh=book.power_parts_cny_per_kwh[:, :, slot:end] * price[:, np.newaxis],
            periods=book.periods[:, slot:end].copy(),
        )

    def _held(self, slot: int, end: int, holding: Holding) -> Held:
        sites = holding.sites[:, :, slot:end].copy()
        later = slice(self._cadence, None)
        spared = self._foreseen.spared[:, slot:end]
        if spared.any():
            whole = self._whole[:, :, slot:end]
            sites[:, :, later] += spared[:, np.newaxis, later] * whole[:, :, later]
        return Held(
            sites=sites,
            links=holding.links[:, slot:end],
            tenants={tenant: units[:, slot:end] for tenant, units in holding.tenants.items()},
        )


def _foresee(replay: Replay) -> _Foreseen:
    sites, slots = replay.catalogue.sites, replay.horizon.slots
    forecast = replay.forecast
    price = _ratios(replay, "price", forecast.price, [site.grid_area for site in sites])
    carbon = _ratios(replay, "carbon", forecast.carbon, [site.province for site in sites])
    if replay.headroom == 0:
        return _Foreseen(price=price, carbon=carbon, spared=np.zeros((len(sites), slots)))
    wrong = _ratios(replay, "load", forecast.load, [site.id for site in sites])
    return _Foreseen(price=price, carbon=carbon, spared=np.clip(replay.headroom * wrong, 0.0, 1.0))


def _ratios(replay: Replay, kind: str, sigma: float, zones: Sequence[str]) -> Floats:
    """Return [S, T]: forecast over actual, alike for all sites of a zone and all slots of an hour."""
    horizon = replay.horizon
    if sigma == 0:
        return np.ones((len(zones), horizon.slots))
    names = sorted(set(zones))
    hours = horizon.slots * horizon.slot_minutes // 60 + 2
    throws = np.random.Generator(np.random.PCG64([replay.seed, _KINDS[kind]])).standard_normal(
        (len(names), hours)
    )
    hour = np.arange(horizon.slots) * horizon.slot_minutes // 60
    row = [names.index(zone) for zone in zones]
    return np.maximum(1.0 + sigma * throws[row][:, hour], LEAST_FORECAST)
