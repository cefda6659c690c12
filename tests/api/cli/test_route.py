"""The way between two places, as `edwc route` tells it."""

import json

import pytest

from tests.api.cli.conftest import Edwc
from topology import Network, load_catalogue


def test_a_route_adds_up(run: Edwc) -> None:
    document = json.loads(run("route", "--from", "shanghai", "--to", "zhongwei", "--json").stdout)
    assert document["rtt_ms"] == pytest.approx(2 * sum(hop["latency_ms"] for hop in document["hops"]))
    assert document["price_cny_per_gb"] == pytest.approx(
        sum(hop["price_cny_per_gb"] for hop in document["hops"])
    )
    assert document["rtt_ms"] == Network(load_catalogue()).rtt_ms("shanghai", "zhongwei")
    assert document["transfer_minutes"] == pytest.approx(1000 * 8 / 10 / 60)


def test_the_table_shows_every_hop_with_units(run: Edwc) -> None:
    lines = run("route", "--from", "shanghai", "--to", "zhongwei").stdout.splitlines()
    assert "CNY/GB" in lines[0]
    assert lines[1].startswith("shanghai ")
    assert any(line.startswith("round trip") and line.split()[3] == "ms" for line in lines)


def test_the_way_to_oneself_is_empty(run: Edwc) -> None:
    document = json.loads(run("route", "--from", "zhongwei", "--to", "zhongwei", "--json").stdout)
    assert document["hops"] == []
    assert document["rtt_ms"] == 0
    assert document["transfer_minutes"] == 0
    assert run("route", "--from", "zhongwei", "--to", "zhongwei").exit_code == 0


def test_a_place_that_does_not_exist_is_named_with_its_nearest(run: Edwc) -> None:
    result = run("route", "--from", "shanghai", "--to", "zhonwei")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "'zhonwei'" in result.stderr
    assert "zhongwei" in result.stderr
