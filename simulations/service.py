"""Service: what a kind of work asks for besides machines: nearness, time, data, residency, priority.

No public trace says any of this, so these figures are stated assumptions (docs/traces.md lists them),
shared by the generator and by every imported trace.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from simulations.distribution import Shares
from topology import CHINA_TIME

FINANCE_TAG = "finance"
Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What one job asks for.

    Attributes:
        rtt_ms_max: longest round trip to its origin [ms], or None.
        slack_minutes: time between the earliest possible end and the deadline, at least [min].
        due_hour: clock hour (Asia/Shanghai) the deadline is put off to, or None.
        priority: 0 to 3.
        input_gb: data that each task brings from the origin [GB]; 0 for none.
        output_gb: data that each task sends back to the origin [GB]; 0 for none.
        financial: must run on a site that may hold financial data.
        stays_home: must run in the province of its origin.
    """

    rtt_ms_max: float | None
    slack_minutes: float
    due_hour: int | None
    priority: int
    input_gb: float
    output_gb: float
    financial: bool
    stays_home: bool

    def deadline(self, release: datetime, runtime_minutes: float) -> datetime:
        """Latest end of a run of that length [min] released then."""
        earliest = release + timedelta(minutes=math.ceil(runtime_minutes + self.slack_minutes))
        if self.due_hour is None:
            return earliest
        local = earliest.astimezone(CHINA_TIME)
        due = local.replace(hour=self.due_hour, minute=0, second=0, microsecond=0)
        return due if due >= local else due + timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A kind of work and the spread of its terms; ranges are uniform, those of sizes log-uniform.

    Attributes:
        name: its key.
        slack_minutes: range of the slack [min]. Never under a slot of 15 minutes: a start waits for its slot.
        priorities: shares of the priorities.
        rtt_ms: range of the longest round trip [ms], or None where distance does not matter.
        due_hour: clock hour the deadline is put off to, or None.
        data_share: share of the jobs that bring data from their origin.
        input_gb: range of their inputs [GB a task].
        output_gb: range of their outputs [GB a task].
        finance_share: share that needs a site for financial data.
        home_share: share that may not leave the province of its origin.
    """

    name: str
    slack_minutes: Range
    priorities: Shares
    rtt_ms: Range | None = None
    due_hour: int | None = None
    data_share: float = 0.0
    input_gb: Range = (1.0, 1.0)
    output_gb: Range = (1.0, 1.0)
    finance_share: float = 0.0
    home_share: float = 0.0

    def terms(self, throws: Sequence[float]) -> Terms:
        """The terms of one job from at least seven throws in [0, 1)."""
        rtt, slack, priority, data, size_in, size_out, residency = throws[:7]
        has_data = data < self.data_share
        return Terms(
            rtt_ms_max=None if self.rtt_ms is None else float(round(_between(self.rtt_ms, rtt))),
            slack_minutes=round(_between(self.slack_minutes, slack)),
            due_hour=self.due_hour,
            priority=int(self.priorities.at(priority)),
            input_gb=_size_gb(self.input_gb, size_in) if has_data else 0.0,
            output_gb=_size_gb(self.output_gb, size_out) if has_data else 0.0,
            financial=residency < self.finance_share,
            stays_home=residency >= 1.0 - self.home_share,
        )


def _between(limits: Range, u: float) -> float:
    return limits[0] + u * (limits[1] - limits[0])


def _size_gb(limits: Range, u: float) -> float:
    return round(math.exp(_between((math.log(limits[0]), math.log(limits[1])), u)), 2)


def _priorities(*weights: float) -> Shares:
    return Shares(values=(0.0, 1.0, 2.0, 3.0)[: len(weights)], weights=weights)


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        service.name: service
        for service in (
            Service(
                name="training",
                slack_minutes=(120.0, 720.0),
                priorities=_priorities(0.70, 0.25, 0.05),
                data_share=0.5,
                input_gb=(0.2, 20.0),
                output_gb=(0.1, 2.0),
                finance_share=0.05,
            ),
            Service(
                name="inference",
                slack_minutes=(20.0, 45.0),
                priorities=_priorities(0.0, 0.8, 0.2),
                rtt_ms=(40.0, 80.0),
            ),
            Service(
                name="interactive",
                slack_minutes=(20.0, 45.0),
                priorities=_priorities(0.0, 0.7, 0.3),
                rtt_ms=(10.0, 30.0),
            ),
            Service(
                name="batch",
                slack_minutes=(30.0, 90.0),
                priorities=_priorities(0.6, 0.4),
                due_hour=7,
                data_share=0.8,
                input_gb=(0.1, 5.0),
                output_gb=(0.05, 1.0),
                finance_share=0.5,
            ),
            Service(
                name="analytics",
                slack_minutes=(240.0, 1440.0),
                priorities=_priorities(0.9, 0.1),
                data_share=0.9,
                input_gb=(0.05, 5.0),
                output_gb=(0.01, 0.5),
                home_share=0.1,
            ),
        )
    }
)
