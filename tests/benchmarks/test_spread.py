"""How several runs are told."""

from tests.benchmarks.peers import Result, as_markdown
from tests.benchmarks.spread import spread_of


def test_several_runs_are_a_median_and_a_range():
    assert spread_of([3.0, 1.0, 2.0], ".1f") == "2.0, 1.0 to 3.0"
    assert spread_of([2.0]) == "2"
    assert spread_of([None, 2.0, 4.0]) == "3, 2 to 4 (1 of 3 without)"
    assert spread_of([None]) == "-"


def test_a_peer_is_held_against_the_best_of_its_own_round():
    def result(peer: str, value: float) -> Result:
        return Result(instance="i", peer=peer, value=value, bound=None, seconds=1.0, note="")

    table = as_markdown([result("a", 10.0), result("b", 11.0), result("a", 24.0), result("b", 20.0)])

    assert table.splitlines()[2:] == [
        "| i | a | 17.0, 10.0 to 24.0 | +10.00%, +0.00% to +20.00% | - | - | 1.0 |  |",
        "| i | b | 15.5, 11.0 to 20.0 | +5.00%, +0.00% to +10.00% | - | - | 1.0 |  |",
    ]
