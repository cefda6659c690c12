"""Writes docs/catalogue.md from the data themselves, so that the page cannot drift from the files."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from topology.catalogue import Catalogue
from topology.dictionary import Column, load_dictionary
from topology.link import Link
from topology.network import Network
from topology.site import Site, SiteKind

_INTRO = """# The built-in catalogue `china`

This page is written by `topology/guide.py` from the files in `topology/data/china/`; a test holds the two
together.

What is **sourced**: the ten clusters of the eight national hubs and their points, the 21 metro cities,
accelerator figures (each row names its source). What is **modelled**: the backbone. Operators publish no
routes, so four east-west lines, three north-south lines and two rings join the hub and metro sites;
lengths are great circles between the ends, times a route factor per class. What is **illustrative**:
every capacity, power limit, cooling, battery, tag, link capacity and link price. They are plausible for
the kind of site and nothing more.

Ids: a hub site bears the name of its cluster (`zhongwei`), a metro site ends in `-metro`, an edge site in
`-edge`. A city has its plain name (`shanghai`); where a hub site has taken it, the city ends in `-city`
(`zhongwei-city`). Sites and cities share one namespace. Every place has two ways out: no lost site or
link cuts off another place. Users of a metro city reach its metro site over a short access link.
"""

_OWN = """## A catalogue of your own

Put `sites.csv`, `cities.csv` and `links.csv` with the columns above into a folder; columns that are not
required may be left out. Without an `accelerators.csv` the built-in models hold. `edwc catalogue validate
--catalogue DIR` names every fault in one run: a file that is missing, empty, over 64 MB, not UTF-8 or
holds NUL bytes; a missing, unknown or repeated column; a row with too many or too few fields; a cell
outside its type or range; a duplicate id; a link, city or accelerator that points to nothing; base power
above the limit; a place that links do not join both ways to the rest.
"""

PUBLISHED_RTT = (
    ("beijing", "shanghai", 28.6, "measured mean between cloud machines (third-party test, yunthe.com)"),
    (
        "guangzhou",
        "guian",
        40.0,
        "Greater Bay Area to Guizhou within 20 ms one way (secondary page, aliyunyh.com)",
    ),
    (
        "beijing",
        "zhongwei",
        20.0,
        "below 10 ms one way (secondary page, optimistic: light alone needs 4.7 ms)",
    ),
    (
        "shanghai",
        "shanghai-metro",
        2.0,
        "metro access of key sites below 1 ms optical one way (MIIT target for 2027)",
    ),
)
"""Origin, site, published round-trip time [ms], what was published."""

PUBLISHED_HUB_ONE_WAY_MS = 20.0
"""Between hub nodes, "basically met" (SCIO press conference, 2024-08-13) [ms, one way]."""

_SAMPLE_ROUTES = (
    ("shanghai", "zhongwei"),
    ("beijing", "horinger"),
    ("shenzhen", "guian"),
    ("hangzhou", "qingyang"),
)


def render_guide(catalogue: Catalogue) -> str:
    """The text of docs/catalogue.md for a catalogue [Markdown]."""
    network = Network(catalogue)
    parts = (
        _INTRO,
        "## Sites\n\n" + _kinds(catalogue.sites),
        _hubs(catalogue.sites),
        "## Links\n\nA route adds up the prices of its links and has the least of their capacities.\n",
        _lines(catalogue.links),
        "## Latency against published figures\n\n" + _published(network),
        _hub_matrix(network),
        "### Some routes\n\n" + _routes(network),
        "## Files and columns\n",
        *_dictionary(),
        _OWN,
    )
    return "\n".join(parts)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [" | ".join(header), " | ".join("---" for _ in header)]
    lines += [" | ".join(str(cell) for cell in row) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def _kinds(sites: tuple[Site, ...]) -> str:
    rows = []
    for kind in SiteKind:
        of_kind = [site for site in sites if site.kind is kind]
        limits = [site.power_limit_kw / 1000 for site in of_kind]
        cores = sum(site.capacity.cpu_cores for site in of_kind)
        size = f"{min(limits):g} to {max(limits):g}"
        rows.append((kind, len(of_kind), size, f"{sum(limits):.1f}", f"{cores:,.0f}", _models(of_kind)))
    header = ("kind", "sites", "facility limit each [MW]", "together [MW]", "cores", "accelerators")
    return _table(header, rows)


def _models(sites: Iterable[Site]) -> str:
    counts: Counter[str] = Counter()
    for site in sites:
        counts.update({model: int(count) for model, count in site.capacity.accelerators.items()})
    return ", ".join(f"{model} {count:,}" for model, count in sorted(counts.items()))


def _hubs(sites: tuple[Site, ...]) -> str:
    header = ("id", "name", "hub node", "grid area", "limit [MW]", "cooling", "green share", "accelerators")
    rows = (
        (f"`{s.id}`", s.name_zh, s.hub, s.grid_area, *_power(s), _models([s]))
        for s in sites
        if s.kind is SiteKind.HUB
    )
    return _table(header, rows)


def _power(site: Site) -> tuple[str, str, str]:
    return f"{site.power_limit_kw / 1000:g}", site.cooling.value, f"{site.green_share:.0%}"


def _lines(links: tuple[Link, ...]) -> str:
    by_line: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_line[link.line].append(link)
    header = (
        "line",
        "links",
        "length [km]",
        "route factor",
        "equipment [ms]",
        "capacity [Gbit/s]",
        "price [CNY/GB]",
    )
    names = ("route_factor", "equipment_ms", "capacity_gbps", "price_cny_per_gb")
    rows = []
    for line, of_line in by_line.items():
        spans = (_span(getattr(link, name) for link in of_line) for name in names)
        rows.append((line, len(of_line), f"{sum(link.length_km for link in of_line):,.0f}", *spans))
    return _table(header, rows)


def _span(values: Iterable[float]) -> str:
    found = sorted(set(values))
    return f"{found[0]:g}" if len(found) == 1 else f"{found[0]:g} to {found[-1]:g}"


def _published(network: Network) -> str:
    header = ("from", "to", "modelled RTT [ms]", "published RTT [ms]", "what was published")
    rows = ((a, b, f"{network.rtt_ms(a, b):.1f}", f"{ms:g}", what) for a, b, ms, what in PUBLISHED_RTT)
    return _table(header, rows)


def _hub_matrix(network: Network) -> str:
    hubs = [site.id for site in network.catalogue.sites if site.kind is SiteKind.HUB]
    one_way = network.rtt_matrix_ms(hubs, hubs) / 2
    rows = ((f"**{hub}**", *(f"{ms:.1f}" for ms in row)) for hub, row in zip(hubs, one_way, strict=True))
    title = (
        "### Hub to hub, one way [ms]\n\n"
        f"The official figure is {PUBLISHED_HUB_ONE_WAY_MS:g} ms; "
        f"the greatest here is {one_way.max():.1f} ms.\n\n"
    )
    return title + _table(("", *hubs), rows)


def _routes(network: Network) -> str:
    header = ("from", "to", "over", "RTT [ms]", "laid length [km]", "price [CNY/GB]", "1 TB at 10 Gbit/s [h]")
    rows = []
    for a, b in _SAMPLE_ROUTES:
        route = network.route(a, b)
        hours = network.transfer_hours(a, b, 1000, 10)
        over = ", ".join(route.nodes[1:-1])
        figures = (
            f"{route.rtt_ms:.1f}",
            f"{route.length_km:,.0f}",
            f"{route.price_cny_per_gb:.4f}",
            f"{hours:.2f}",
        )
        rows.append((a, b, over, *figures))
    return _table(header, rows)


def _dictionary() -> Iterable[str]:
    header = (
        "column",
        "type",
        "unit",
        "required",
        "allowed",
        "description",
        "source of the built-in figures",
    )
    required = {True: "yes", False: "no"}
    for file, columns in load_dictionary().items():
        rows = (
            (f"`{c.column}`", c.type, c.unit, required[c.required], _allowed(c), c.description, c.source)
            for c in columns
        )
        yield f"### {file}\n\n" + _table(header, rows)


def _allowed(column: Column) -> str:
    return column.rule.removeprefix("must be ")
