"""A faulty study is refused with every fault at once; one whose rules contradict each other is told which."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import edwc
from simulations.cli.expand import expand_command

GOOD = """
name = "good"
start = "2026Q1"
end = "2026Q3"
block_hours = 12
discount_per_year = 0.06
[[days]]
name = "day"
month = 2
weight = 1.0
[[modules]]
name = "hall"
accelerator = "ascend-910b"
count = 1000
cooling = "free_air"
capital_cny = 100e6
lead_quarters = 1
life_years = 5
[[sites]]
site = "zhongwei"
modules = ["hall"]
existing = {hall = 1}
most_per_quarter = 2
grid_mw = 10
[[demand]]
name = "work"
origin = "shanghai"
pflops = 500
unmet_cny_per_pflops_hour = 40
[[scenarios]]
name = "low"
probability = 0.5
[[scenarios]]
name = "high"
probability = 0.5
growth_times = 2
[rules.utilisation]
at_least = 0.65
penalty_cny_per_pflops_hour = 1
"""


def run(folder: Path, text: str, *options: str) -> Result:
    file = folder / "plan.toml"
    file.write_text(text, encoding="utf-8")
    return CliRunner().invoke(expand_command, [str(file), *options])


def changed(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_good_study_is_answered(tmp_path: Path) -> None:
    result = run(tmp_path, GOOD, "--out", str(tmp_path / "answer.json"))
    assert result.exit_code == 0, result.output
    assert "no plan costs less than" in result.output
    assert "rules broken: 0" in result.output
    assert '"lower_bound_cny"' in (tmp_path / "answer.json").read_text(encoding="utf-8")


def test_every_fault_is_told_in_one_run(tmp_path: Path) -> None:
    faulty = changed(
        ("probability = 0.5", "probability = 0.6"),
        ("lead_quarters = 1", "lead_quarter = 1"),
        ('site = "zhongwei"', 'site = "zhongwey"'),
        ("at_least = 0.65", "at_least = 65"),
        ("block_hours = 12", "block_hours = 7"),
        ("pflops = 500", 'pflops = "many"'),
    )
    result = run(tmp_path, faulty)
    assert result.exit_code == 2
    for words in (
        r"modules\[1\]\.lead_quarters: must be given",
        r"modules\[1\]\.lead_quarter 1: unknown key; nearest known: lead_quarters",
        r"sites\[1\]\.site 'zhongwey': no such site; nearest known: zhongwei",
        r"rules\.utilisation\.at_least 65: must be at least 0 and at most 1",
        r"block_hours 7: must divide 24",
        r"demand\[1\]\.pflops 'many': must be a finite number",
        r"scenarios .*probability must sum to 1, not 1\.2",
    ):
        assert re.search(words, result.output), (words, result.output)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('end = "2026Q3"', 'end = "2025Q3"', "must be the start or later"),
        ('end = "2026Q3"', 'end = "autumn"', "must be a quarter such as 2026Q1"),
        ("count = 1000", "count = true", "must be a whole number"),
        ('accelerator = "ascend-910b"', 'accelerator = "h800-sxm"', "must have fp16_tflops"),
        ("existing = {hall = 1}", "existing = {hell = 1}", "nearest known: hall"),
        ("existing = {hall = 1}", "existing = {hall = 1}\nopening_cny = 5", "the site is open"),
        ('name = "high"', 'name = "low"', "twice here: low"),
        ("growth_times = 2", "growth_times_of = {werk = 2}", "nearest known: work"),
        ("growth_times = 2", "delay_quarters = {guian = 1}", "no such site"),
        ("pflops = 500", 'pflops = 500\nshape = "round"', "must be flat, helios or 24 numbers"),
        ("pflops = 500", "pflops = 500\nshape = [1, 2]", "must be 24 numbers"),
        ("weight = 1.0", "weight = 0.7", "weight must sum to 1"),
        ("[rules.utilisation]", "[rules.utilization]", "nearest known: utilisation"),
        (
            "[rules.utilisation]",
            "[[rules.pue]]\nsites = []\nat_most = 1.2\n[rules.utilisation]",
            "at least one",
        ),
        ('name = "high"', 'name = "mean"', "must not be named 'mean'"),
        ("pflops = 500", "pflops = 0", "every pflops is 0"),
        ("pflops = 500", "pflops = 500\nrtt_ms_max = 5", "'work': no site of this study may do it"),
        ("pflops = 500", 'pflops = 500\ntags = ["finance"]', "'work': no site of this study may do it"),
        ("pflops = 500", 'pflops = 500\nprovinces = ["shanghai"]', "'work': no site of this study may do it"),
        ("pflops = 500", "pflops = 500\nmemory_gib_min = 65", "'work': no site of this study may do it"),
        ("name = ", "name == ", "not valid TOML"),
    ],
)
def test_a_fault_names_key_value_and_rule(tmp_path: Path, old: str, new: str, words: str) -> None:
    result = run(tmp_path, GOOD.replace(old, new))
    assert result.exit_code == 2
    assert words in result.output


def test_no_demand_is_bad_input(tmp_path: Path) -> None:
    start, _, rest = GOOD.partition("[[demand]]")
    result = run(tmp_path, start + rest[rest.index("[[scenarios]]") :])
    assert result.exit_code == 2
    assert "demand: must be given: write at least one [[demand]]" in result.output


def test_a_missing_file_is_bad_input(tmp_path: Path) -> None:
    result = CliRunner().invoke(expand_command, [str(tmp_path / "none.toml")])
    assert result.exit_code == 2
    assert "No such file" in result.output


def test_rules_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    """Everything must be done with one hall, and no money to build another."""
    text = changed(("pflops = 500", "pflops = 500\nserved_at_least = 0.95"))
    result = run(tmp_path, text + "[[rules.budgets]]\nyear = 2026\ncny = 0\n")
    assert result.exit_code == 1
    assert "budget (2026)" in result.output
    assert "served_at_least (work, 2026)" in result.output
    assert "give way by" in result.output


def test_whole_halls_may_be_all_that_is_missing(tmp_path: Path) -> None:
    text = changed(
        ("pflops = 500", "pflops = 330\nserved_at_least = 0.99"), ("lead_quarters = 1", "lead_quarters = 0")
    )
    result = run(tmp_path, text + "[[rules.budgets]]\nyear = 2026\ncny = 99e6\n")
    assert result.exit_code == 1
    assert "only fractions of a hall" in result.output


def test_the_door_knows_the_command() -> None:
    result = CliRunner().invoke(edwc.main, ["expand", "--help"])
    assert result.exit_code == 0
    assert "PLAN.toml" in result.output
