"""Queues with known waiting times, played on a catalogue of one site under the first-fit policy.

Arrivals are Poisson, run times whole minutes, slots one minute; every job holds one core of c. A server is a core, and
first-fit in order of release is first come, first served. Run times are drawn in whole minutes so that rounding adds no
work; that releases are rounded up to a minute may move a wait by half a slot, which the tolerance grants.

    M/M/c   mean wait = C(c, a) / (c mu - lambda), a = lambda / mu, C by Erlang's formula
    M/G/1   mean wait = lambda E[S^2] / (2 (1 - rho)), by Pollaczek and Khinchine
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from pricing import PriceBook, Provenance
from scheduler import Demand, Job, Policy, Variant
from simulations.engine import Replay, simulate
from simulations.fidelity.batch_means import mean_and_error
from simulations.fidelity.row import Row
from topology import CHINA_TIME, Catalogue, Horizon, Resources, Site, SiteKind

START = datetime(2026, 7, 1, tzinfo=CHINA_TIME)
DAY_MINUTES = 1440
HALF_A_SLOT_MINUTES = 0.5

Ints = npt.NDArray[np.int64]
Draw = Callable[[np.random.Generator, int], Ints]


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """Servers, and the work that comes to them.

    Attributes:
        name: in Kendall's notation.
        servers: how many.
        load: work over what the servers can do.
        mean_minutes: mean run time.
        draw: run times [min], whole.
    """

    name: str
    servers: int
    load: float
    mean_minutes: float
    draw: Draw

    @property
    def arrivals_per_minute(self) -> float:
        """Rate of the Poisson process."""
        return self.load * self.servers / self.mean_minutes


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that an arrival waits in M/M/c."""
    offered = servers * load
    below = sum(offered**k / math.factorial(k) for k in range(servers))
    last = offered**servers / math.factorial(servers) / (1 - load)
    return last / (below + last)


def mm_wait_minutes(queue: Queue) -> float:
    """Return the mean wait of M/M/c [min]."""
    return erlang_c(queue.servers, queue.load) * queue.mean_minutes / (queue.servers * (1 - queue.load))


def mg1_wait_minutes(queue: Queue, second_moment: float) -> float:
    """Return the mean wait of M/G/1 from the second moment of the run time [min^2]."""
    return queue.arrivals_per_minute * second_moment / (2 * (1 - queue.load))


def waits_of(queue: Queue, *, days: int, seed: int) -> npt.NDArray[np.float64]:
    """Return the wait of every job of so many days, in order of arrival [min]."""
    rng = np.random.Generator(np.random.PCG64(seed))
    count = math.ceil(queue.arrivals_per_minute * days * DAY_MINUTES)
    releases = np.ceil(np.cumsum(rng.exponential(1 / queue.arrivals_per_minute, count)))
    minutes = queue.draw(rng, count)
    jobs = [
        Job(
            name=f"customer-{number}",
            demand=Demand(cpu_cores=1.0),
            variants=(Variant(runtime_minutes=float(length)),),
            release=START + timedelta(minutes=release),
            value_cny=1.0,
        )
        for number, (release, length) in enumerate(zip(releases.tolist(), minutes.tolist(), strict=True))
    ]
    catalogue = one_site(queue.servers)
    span = Horizon(start=START, slots=int(releases[-1]) + 4 * DAY_MINUTES, slot_minutes=1)
    outcome = simulate(
        Replay(
            catalogue=catalogue,
            jobs=jobs,
            actual=constant_prices(catalogue, span),
            policy=Policy(name="first-fit"),
            cadence_minutes=DAY_MINUTES // 2,
            replan_minutes=0,
            notice_minutes=DAY_MINUTES // 2,
            window_hours=36.0,
        )
    )
    return np.asarray(outcome.column("jobs", "wait_minutes"), dtype=np.float64)


def one_site(cpu_cores: int) -> Catalogue:
    """Return a catalogue of one site with so many cores."""
    site = Site(
        id="counter",
        name_en="counter",
        kind=SiteKind.HUB,
        province="anywhere",
        grid_area="anywhere",
        latitude_deg=30.0,
        longitude_deg=110.0,
        capacity=Resources(cpu_cores=cpu_cores, memory_gib=1.0),
        power_limit_kw=1e6,
        base_kw=0.0,
    )
    return Catalogue(name="one site", sites=(site,), cities=(), links=(), accelerators=())


def constant_prices(catalogue: Catalogue, horizon: Horizon) -> PriceBook:
    """Return prices that never change: 1 CNY/kWh, no carbon, PUE 1."""
    shape = (len(catalogue.sites), horizon.slots)
    nothing = Provenance(power="constant", carbon="none", pue="ideal", estimated="")
    return PriceBook(
        horizon=horizon,
        site_ids=catalogue.site_ids,
        power_cny_per_kwh=np.ones(shape),
        carbon_g_per_kwh=np.zeros(shape),
        pue_marginal=np.ones(shape),
        carbon_cny_per_t=0.0,
        demand_charge_cny_per_kw_month=np.zeros(shape[0]),
        estimated=np.zeros(shape[0], dtype=np.bool_),
        provenance=(nothing,) * shape[0],
        power_parts_cny_per_kwh=np.zeros((shape[0], 1, horizon.slots)),
        periods=np.zeros(shape, dtype=np.int8),
    )


def _exponential(mean_minutes: float) -> Draw:
    """Return draws of whole minutes whose memory is as short as that of the exponential law."""
    return lambda rng, count: rng.geometric(1 / mean_minutes, count).astype(np.int64)


def _constant(minutes: int) -> Draw:
    return lambda _, count: np.full(count, minutes, dtype=np.int64)


def _either(short: int, long: int, share_long: float) -> Draw:
    return lambda rng, count: np.where(rng.random(count) < share_long, long, short).astype(np.int64)


def mm1(days: int = 120) -> Row:
    """Mean wait of M/M/1 at half load; the second moment is that of exponential run times in whole minutes."""
    chance = 1 / 10
    queue = Queue(name="M/M/1", servers=1, load=0.5, mean_minutes=1 / chance, draw=_exponential(1 / chance))
    return _mean_wait(queue, mg1_wait_minutes(queue, (2 - chance) / chance**2), "Pollaczek-Khinchine", days)


def mm3(days: int = 120) -> Row:
    """Mean wait of M/M/3 at 70 % load."""
    queue = Queue(name="M/M/3", servers=3, load=0.7, mean_minutes=30.0, draw=_exponential(30.0))
    return _mean_wait(queue, mm_wait_minutes(queue), "Erlang C", days)


def mm3_share(days: int = 120) -> Row:
    """Share of arrivals that wait in M/M/3 at 70 % load."""
    queue = Queue(name="M/M/3", servers=3, load=0.7, mean_minutes=30.0, draw=_exponential(30.0))
    waited = (waits_of(queue, days=days, seed=7) > 0).astype(np.float64)
    measured, error = mean_and_error(waited)
    return Row(
        name="M/M/3, load 0.7: share that waits",
        source="Erlang C",
        unit="1",
        expected=erlang_c(3, 0.7),
        measured=measured,
        # Half a slot of waiting decides whether an arrival within a minute of a departure waits.
        tolerance=error + HALF_A_SLOT_MINUTES / queue.mean_minutes,
        note=f"99 % interval +- {error:.4f}",
    )


def md1(days: int = 120) -> Row:
    """Mean wait of M/D/1 at 70 % load."""
    queue = Queue(name="M/D/1", servers=1, load=0.7, mean_minutes=10.0, draw=_constant(10))
    return _mean_wait(queue, mg1_wait_minutes(queue, 10.0**2), "Pollaczek-Khinchine", days)


def mg1(days: int = 120) -> Row:
    """Mean wait of M/G/1, run times of 4 or 40 minutes, at 60 % load."""
    mean = 0.8 * 4 + 0.2 * 40
    queue = Queue(
        name="M/G/1 (4 or 40 min)", servers=1, load=0.6, mean_minutes=mean, draw=_either(4, 40, 0.2)
    )
    return _mean_wait(queue, mg1_wait_minutes(queue, 0.8 * 4**2 + 0.2 * 40**2), "Pollaczek-Khinchine", days)


def _mean_wait(queue: Queue, expected: float, source: str, days: int) -> Row:
    measured, error = mean_and_error(waits_of(queue, days=days, seed=7))
    return Row(
        name=f"{queue.name}, load {queue.load:g}: mean wait",
        source=source,
        unit="min",
        expected=expected,
        measured=measured,
        tolerance=error + HALF_A_SLOT_MINUTES,
        note=f"99 % interval +- {error:.2f}",
    )
