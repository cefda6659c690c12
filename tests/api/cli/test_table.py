"""Tables line up, in Chinese too."""

from api.cli.table import Column, Table, number, percent, text_width

SITES = Table(
    columns=(
        Column(name="site", heading="SITE"),
        Column(name="name_zh", heading="NAME"),
        Column(name="power_kw", heading="POWER kW", show=number(0)),
    ),
    rows=[("zhongwei", "中卫集群", 32000.0), ("edge", None, None)],
)


def test_columns_line_up_by_the_width_a_terminal_uses() -> None:
    lines = SITES.text().splitlines()
    assert lines == [
        "SITE      NAME      POWER kW",
        "zhongwei  中卫集群    32,000",
        "edge      -                -",
    ]
    assert len({text_width(line) for line in lines}) == 1


def test_json_has_the_same_rows_with_units_in_the_names() -> None:
    assert SITES.documents()[0] == {"site": "zhongwei", "name_zh": "中卫集群", "power_kw": 32000.0}


def test_a_small_gap_keeps_its_digits() -> None:
    assert percent(0.000123) == "0.0123 %"
    assert percent(0.0) == "0 %"
    assert percent(1e-9) == "under 0.001 %"
