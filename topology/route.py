"""A route is the sequence of links between two places."""

import math
from dataclasses import dataclass

from topology.link import Link


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """How data travel from the first node to the last.

    Attributes:
        nodes: Places passed, both ends included.
        links: Ids of the links used, in order; empty when both ends are one place.
        rtt_ms: Round-trip time [ms], twice the sum of the one-way latencies.
        price_cny_per_gb: Price of moving one gigabyte [CNY/GB].
        bottleneck_gbps: Least capacity on the way [Gbit/s]; infinite without links.
        length_km: Laid length of the links, route factor included [km].
    """

    nodes: tuple[str, ...]
    links: tuple[str, ...]
    rtt_ms: float
    price_cny_per_gb: float
    bottleneck_gbps: float
    length_km: float


def route_over(nodes: tuple[str, ...], links: tuple[Link, ...], rtt_ms: float) -> Route:
    """The route that passes `nodes` over `links`, its round-trip time [ms] being known."""
    return Route(
        nodes=nodes,
        links=tuple(link.id for link in links),
        rtt_ms=rtt_ms,
        price_cny_per_gb=math.fsum(link.price_cny_per_gb for link in links),
        bottleneck_gbps=min((link.capacity_gbps for link in links), default=math.inf),
        length_km=math.fsum(link.length_km * link.route_factor for link in links),
    )
