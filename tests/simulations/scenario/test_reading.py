"""A scenario says only what differs; parents, variants and what is laid over them give the rest."""

from pathlib import Path

from simulations.scenario import Layer, read_scenario, read_scenario_document, shipped_names
from tests.simulations.scenario.tiny import write, write_tiny

WANTED = {
    "east-only",
    "west-open",
    "grid-delay",
    "quota",
    "price-shock",
    "off-peak",
    "liquid-cooling",
    "carbon-price",
    "ai-surge",
    "ai-slump",
    "double-eleven",
    "hub-loss",
    "fibre-cut",
    "latency-tightened",
    "forecast-error",
}


def test_every_shipped_scenario_can_be_read_and_says_what_it_asks() -> None:
    names = shipped_names()
    assert {name.partition("@")[0] for name in names} == WANTED
    for name in names:
        scenario = read_scenario(name).scenario
        assert scenario.title, name
        assert len(scenario.about.split()) > 15, name


def test_a_child_has_what_its_parent_says_but_not_its_words(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    child = write(tmp_path, "child", 'parent = "tiny.toml"\n[clock]\nhours = 6\n')
    scenario = read_scenario(child).scenario
    assert scenario.clock.hours == 6
    assert scenario.clock.cadence_minutes == 60
    assert scenario.planning.policy == "cheapest"
    assert scenario.title == ""


def test_changes_come_after_those_of_the_parent(tmp_path: Path) -> None:
    write(tmp_path, "base", '[[prices]]\nwhere = ["all"]\nscale = 2\n')
    child = write(
        tmp_path, "child", 'parent = "base.toml"\n[[prices]]\nwhere = ["ningxia"]\ncny_per_kwh = 0.1\n'
    )
    prices = read_scenario(child).scenario.prices
    assert [change.where for change in prices] == [("all",), ("ningxia",)]


def test_another_source_of_demand_drops_the_parents(tmp_path: Path) -> None:
    (tmp_path / "jobs.jsonl").write_text(
        '{"name": "a", "demand": {"cpu_cores": 1}, "variants": [{"runtime_minutes": 30}]}\n'
    )
    child = write(tmp_path, "child", 'parent = "west-open"\n[demand]\njobs = "jobs.jsonl"\n')
    demand = read_scenario(child).scenario.demand
    assert demand.jobs == str(tmp_path / "jobs.jsonl")
    assert demand.generate is None


def test_a_variant_is_laid_over_its_file() -> None:
    assert read_scenario("carbon-price@200").scenario.carbon.price_cny_per_t == 200
    assert read_scenario("carbon-price@200").name == "carbon-price@200"


def test_a_setting_changes_one_item_of_a_list(tmp_path: Path) -> None:
    base = write(tmp_path, "base", '[[prices]]\nwhere = ["all"]\nscale = 2\n')
    layer = Layer(label="axis", settings={"prices[0].scale": 3.0, "carbon.price_cny_per_t": 70})
    scenario = read_scenario(base, [layer]).scenario
    assert scenario.prices[0].scale == 3
    assert scenario.carbon.price_cny_per_t == 70


def test_a_document_may_stand_on_a_shipped_scenario() -> None:
    named = read_scenario_document({"parent": "west-open", "title": "mine", "clock": {"hours": 6}}, "sent")
    assert named.name == "mine"
    assert named.scenario.clock.hours == 6


def test_an_at_in_a_folders_name_is_no_variant(tmp_path: Path) -> None:
    folder = tmp_path / "a@b"
    folder.mkdir()
    assert read_scenario(write_tiny(folder)).name == "tiny"
