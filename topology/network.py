"""The graph of places and links: routes, round-trip times, transfer times, and what is left after a loss.

Latency is summed in whole picoseconds and price in billionths of a yuan, so sums are exact: both directions
of an undirected route agree to the last bit, and ties are real ties. Ties go to the lower price (or latency),
then to fewer links, then to the smaller id of the next place.
"""

import functools
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from topology.catalogue import Catalogue
from topology.errors import InvalidValue, NoRoute, UnknownLink, UnknownPlace
from topology.link import Link
from topology.route import Route, route_over

if TYPE_CHECKING:
    import networkx as nx

By = Literal["latency", "price"]

_GRAIN = 10**9  # grains in a millisecond and in one yuan: integers add without rounding
_FIRST = 10**36  # weight of the leading criterion
_SECOND = 10**12  # weight of the second; one more is added per link, so that fewer links win


class Network:
    """Routes between the places of one catalogue.

    Routes to one place are found together by Dijkstra's algorithm when first asked for, and kept. A city may
    be passed through like a site. A place taken away by `without` stays known but nothing reaches it.

    Attributes:
        catalogue: The places and links.
        lost_sites: Sites taken away, with their links.
        lost_links: Links taken away.
    """

    def __init__(
        self, catalogue: Catalogue, *, lost_sites: Iterable[str] = (), lost_links: Iterable[str] = ()
    ) -> None:
        self.catalogue = catalogue
        self.lost_sites = frozenset(lost_sites)
        self.lost_links = frozenset(lost_links)
        self._links = {link.id: link for link in catalogue.links}
        self._row = {place: row for row, place in enumerate(catalogue.places)}
        self._next: dict[tuple[str, By], dict[str, str]] = {}
        self._columns: dict[str, NDArray[np.float64]] = {}
        self._graphs: dict[By, nx.DiGraph[str]] = {}
        for site in self.lost_sites:
            catalogue.site(site)
        for link in self.lost_links:
            if link not in self._links:
                raise UnknownLink(link, self._links)

    def without(self, sites: Iterable[str] = (), links: Iterable[str] = ()) -> "Network":
        """The network that is left when these sites (with their links) and links are lost.

        Raises:
            UnknownPlace: If a site does not exist.
            UnknownLink: If a link does not exist.
        """
        return Network(
            self.catalogue, lost_sites=self.lost_sites.union(sites), lost_links=self.lost_links.union(links)
        )

    def rtt_ms(self, a: str, b: str) -> float:
        """Round-trip time [ms] on the least-latency route from `a` to `b`; infinite when there is none.

        Raises:
            UnknownPlace: If either place does not exist.
        """
        return float(self._column(b)[self._row_of(a)])

    def rtt_matrix_ms(
        self, origins: Sequence[str] | None = None, sites: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """Round-trip times [ms], shape [origins, sites]; infinite where there is no route.

        Args:
            origins: Places to start from; all places of the catalogue when left out.
            sites: Places to reach; all sites of the catalogue when left out.

        Raises:
            UnknownPlace: If a place does not exist.
        """
        sites = self.catalogue.site_ids if sites is None else sites
        rows = [self._row_of(origin) for origin in (self.catalogue.places if origins is None else origins)]
        matrix = np.empty((len(rows), len(sites)))
        for column, site in enumerate(sites):
            matrix[:, column] = self._column(site)[rows]
        return matrix

    def route(self, a: str, b: str, by: By = "latency") -> Route:
        """The best route from `a` to `b`: of least latency, or of least price.

        Raises:
            UnknownPlace: If either place does not exist.
            NoRoute: If nothing joins them.
            InvalidValue: If `by` is neither.
        """
        self._row_of(a), self._row_of(b)
        if by not in get_args(By):
            raise InvalidValue("route", "by", by, f"must be one of {', '.join(get_args(By))}")
        onward = self._onward(b, by)
        if a not in onward:
            raise NoRoute(f"no route from {a!r} to {b!r}; they are not joined by the links that are left")
        nodes = [a]
        while nodes[-1] != b:
            nodes.append(onward[nodes[-1]])
        links = tuple(self._best_link(u, v, by) for u, v in itertools.pairwise(nodes))
        return route_over(tuple(nodes), links, _rtt_ms(sum(map(_latency_grains, links))))

    def transfer_hours(self, a: str, b: str, size_gb: float, rate_gbps: float | None = None) -> float:
        """Hours to move `size_gb` [GB] from `a` to `b` at min(`rate_gbps`, bottleneck) [Gbit/s].

        Raises:
            UnknownPlace: If either place does not exist.
            NoRoute: If nothing joins them.
            InvalidValue: If the size is negative or the rate is not positive.
        """
        if not (math.isfinite(size_gb) and size_gb >= 0):
            raise InvalidValue("transfer", "size_gb", size_gb, "must be a finite number at least 0")
        if rate_gbps is not None and not rate_gbps > 0:
            raise InvalidValue("transfer", "rate_gbps", rate_gbps, "must be above 0")
        bottleneck = self.route(a, b).bottleneck_gbps
        if a == b or not size_gb:
            return 0.0
        return size_gb * 8 / min(math.inf if rate_gbps is None else rate_gbps, bottleneck) / 3600

    def _row_of(self, place: str) -> int:
        try:
            return self._row[place]
        except KeyError:
            raise UnknownPlace(place, self._row) from None

    def _column(self, destination: str) -> NDArray[np.float64]:
        if destination not in self._columns:
            self._row_of(destination)
            self._onward(destination, "latency")
        return self._columns[destination]

    def _onward(self, destination: str, by: By) -> dict[str, str]:
        """From every place that reaches `destination`, the next place on the way (itself at the end)."""
        if (destination, by) not in self._next:
            onward, distance = self._tree(destination, by)
            self._next[destination, by] = onward
            if by == "latency":
                column = np.full(len(self._row), np.inf)
                for place, weight in distance.items():
                    column[self._row[place]] = _rtt_ms(weight // _FIRST)
                column.flags.writeable = False
                self._columns[destination] = column
        return self._next[destination, by]

    def _tree(self, destination: str, by: By) -> tuple[dict[str, str], dict[str, int]]:
        import networkx as nx  # noqa: PLC0415  (a slow import, wanted only when a route is asked for)

        if destination in self.lost_sites:
            return {}, {}
        against = self._graph(by)  # edges point against the traffic: one search finds all ways in
        before, found = nx.dijkstra_predecessor_and_distance(against, destination, weight="weight")
        onward = {place: min(nexts, default=destination) for place, nexts in before.items()}
        distance = cast("dict[str, int]", found)  # whole weights make whole distances
        return onward, distance

    def _graph(self, by: By) -> "nx.DiGraph[str]":
        if by not in self._graphs:
            import networkx as nx  # noqa: PLC0415

            graph: nx.DiGraph[str] = nx.DiGraph()
            graph.add_nodes_from(sorted(set(self._row) - self.lost_sites))
            for (a, b), links in sorted(self._between.items()):
                graph.add_edge(b, a, weight=min(_weight(link, by) for link in links))
            self._graphs[by] = graph
        return self._graphs[by]

    @functools.cached_property
    def _between(self) -> dict[tuple[str, str], list[Link]]:
        """The links left that carry from one place to another, by (from, to)."""
        between: dict[tuple[str, str], list[Link]] = {}
        for link in self._links.values():
            if link.id in self.lost_links or link.a in self.lost_sites or link.b in self.lost_sites:
                continue
            between.setdefault((link.a, link.b), []).append(link)
            if not link.directed:
                between.setdefault((link.b, link.a), []).append(link)
        return between

    def _best_link(self, a: str, b: str, by: By) -> Link:
        return min(self._between[a, b], key=lambda link: (_weight(link, by), link.id))


def _latency_grains(link: Link) -> int:
    return round(link.latency_ms * _GRAIN)


def _rtt_ms(one_way_grains: int) -> float:
    return 2 * one_way_grains / _GRAIN


def _weight(link: Link, by: By) -> int:
    latency, price = _latency_grains(link), round(link.price_cny_per_gb * _GRAIN)
    first, second = (latency, price) if by == "latency" else (price, latency)
    return first * _FIRST + second * _SECOND + 1
