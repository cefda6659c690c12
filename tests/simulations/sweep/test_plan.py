"""A sweep's file says which settings are tried together; every fault is told before anything runs."""

from pathlib import Path

import pytest

from simulations.scenario import ScenarioError
from simulations.sweep import cells_of, read_sweep
from tests.simulations.scenario.tiny import write, write_tiny

AXES = """
scenario = "tiny.toml"
[[axes]]
key = "carbon.price_cny_per_t"
values = [60, 200]
[[axes]]
key = "planning.policy"
values = ["cheapest", "nearest", "greenest"]
"""
SAMPLE = """
scenario = "tiny.toml"
[sample]
count = 8
seed = 3
[[axes]]
key = "carbon.price_cny_per_t"
low = 0
high = 400
[[axes]]
key = "planning.seed"
low = 0
high = 3
whole = true
"""


def read(folder: Path, text: str) -> Path:
    write_tiny(folder)
    return Path(write(folder, "sweep", text))


def test_every_combination_is_a_cell(tmp_path: Path) -> None:
    file = read(tmp_path, AXES)
    cells = cells_of(read_sweep(file), file)
    assert len({cell.digest for cell in cells}) == len(cells) == 6
    assert cells[1].settings == {"carbon.price_cny_per_t": 60, "planning.policy": "nearest"}
    assert cells[1].document["planning"]["policy"] == "nearest"


def test_a_latin_sample_has_one_point_in_every_strip(tmp_path: Path) -> None:
    points = list(read_sweep(read(tmp_path, SAMPLE)).points())
    strips = sorted(int(point["carbon.price_cny_per_t"] // 50) for point in points)
    assert strips == list(range(8))
    assert {point["planning.seed"] for point in points} == {0, 1, 2, 3}
    assert points == list(read_sweep(read(tmp_path, SAMPLE)).points())


def test_a_uniform_sample_stays_in_its_range(tmp_path: Path) -> None:
    text = SAMPLE.replace("seed = 3", 'seed = 3\nmethod = "uniform"')
    prices = [point["carbon.price_cny_per_t"] for point in read_sweep(read(tmp_path, text)).points()]
    assert len(set(prices)) == 8
    assert all(0 <= price < 400 for price in prices)


def test_words_do_not_make_another_cell(tmp_path: Path) -> None:
    text = 'scenario = "tiny.toml"\n[[axes]]\nkey = "title"\nvalues = ["a", "b"]\n'
    file = read(tmp_path, text)
    first, second = cells_of(read_sweep(file), file)
    assert first.digest == second.digest


def test_another_jobs_file_makes_another_cell(tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.jsonl"
    job = '{"name": "%s", "demand": {"cpu_cores": 1}, "variants": [{"runtime_minutes": 30}]}\n'
    text = f'scenario = "tiny.toml"\n[[axes]]\nkey = "demand"\nvalues = [{{jobs = "{jobs}"}}]\n'
    file = read(tmp_path, text)
    digests = set()
    for name in ("a", "b"):
        jobs.write_text(job % name)
        digests.add(cells_of(read_sweep(file), file)[0].digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("scenario = 'tiny.toml'", "axes"),
        ("axis = 3\n[[axes]]\nkey = 'a'\nvalues = [1]", "did you mean axes"),
        ("[[axes]]\nkey = 'a'", "either values or low and high"),
        ("[[axes]]\nkey = 'a'\nlow = 1\nhigh = 2", r"add one, or name values"),
        ("[[axes]]\nkey = 'a'\nvalues = [1]\n[[axes]]\nkey = 'a'\nvalues = [2]", "stands twice"),
        ("[[axes]]\nkey = 'scenario'\nvalues = [1]", "names of scenarios"),
        ("[sample]\ncount = 2\n[[axes]]\nkey = 'a'\nlow = 2\nhigh = 1", "above low"),
    ],
)
def test_a_bad_plan_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        read_sweep(read(tmp_path, text))


@pytest.mark.parametrize(
    ("axis", "told"),
    [
        ('key = "planning.polcy"\nvalues = ["cheapest"]', "did you mean policy"),
        ('key = "planning.policy"\nvalues = ["cheapest", "cheap"]', "cell planning.policy = cheap"),
        ('key = "prices[3].scale"\nvalues = [1]', "no item of a list"),
    ],
)
def test_a_bad_cell_is_refused_before_any_is_run(tmp_path: Path, axis: str, told: str) -> None:
    file = read(tmp_path, f'scenario = "tiny.toml"\n[[axes]]\n{axis}\n')
    with pytest.raises(ScenarioError, match=told):
        cells_of(read_sweep(file), file)
