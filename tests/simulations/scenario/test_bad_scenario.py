"""What is wrong with a scenario is said with file, key, value and rule, all of it at once."""

from pathlib import Path

import pytest

from simulations.scenario import Fault, ScenarioError, read_scenario, read_scenario_document
from tests.simulations.scenario.tiny import write


def faults_of(folder: Path, text: str) -> dict[str, Fault]:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(write(folder, "bad", text))
    return {fault.key: fault for fault in caught.value.faults}


def test_an_unknown_key_is_answered_with_the_nearest(tmp_path: Path) -> None:
    fault = faults_of(tmp_path, "[planning]\npolcy = 'cheapest'\n")["planning.polcy"]
    assert fault.file == str(tmp_path / "bad.toml")
    assert fault.value == '"cheapest"'
    assert "did you mean policy?" in fault.rule


def test_every_fault_of_a_file_is_told(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        """
        colour = "red"
        [demand.generate]
        count = "12"
        [clock]
        start = 2026-07-01T00:00:00
        hours = nan
        [[prices]]
        where = []
        scale = -1
        """,
    )
    assert set(faults) == {
        "colour",
        "demand.generate.count",
        "clock.start",
        "clock.hours",
        "prices[0].where",
        "prices[0].scale",
    }


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('[[outages]]\nwhere = ["zhongwe"]\nhours = 2', "outages[0].where", "did you mean zhongwei"),
        ('[[outages]]\nlinks = ["zhengzhou-metro-to-xian"]\nhours = 2', "outages[0].links", "did you mean"),
        ('[[outages]]\nwhere = ["zhongwei"]\nday = 3\nhours = 2', "outages[0].start", "simulated time"),
        ("[[outages]]\nhours = 2", "outages[0]", "neither where nor links"),
        ('[planning]\npolicy = "cheap"', "planning.policy", "did you mean cheapest"),
        ('[[prices]]\nwhere = ["all"]\nscale = 2\ncny_per_kwh = 1', "prices[0]", "exactly one of"),
        ('[[prices]]\nwhere = ["all"]', "prices[0]", "names none"),
        ('[demand.generate]\nprofile = "mixd"', "demand.generate.profile", "did you mean mixed"),
        ('[demand]\njobs = "nowhere.jsonl"', "demand.jobs", "no such file"),
        ("[[demand.changes]]\nfactor = 0", "demand.changes[0].factor", "leaves no demand"),
        ('[[demand.changes]]\nkinds = ["trainin"]\nfactor = 2', "demand.changes[0].kinds", "training"),
        ("[clock]\ncadence_minutes = 20", "clock.cadence_minutes", "multiple of slot_minutes"),
        ('[placement]\nregion = ["metro"]', "placement.region", "whole provinces"),
        (
            '[placement]\nregion = ["west"]\n[[capacity]]\nwhere = ["west"]\nscale = 0',
            "placement.region",
            "nowhere to go",
        ),
        ('[[capacity]]\nwhere = ["zhongwei"]', "capacity[0]", "changes nothing"),
        ("[tenant_quotas.bank]\ncores = 3", "tenant_quotas.bank.cores", "cpu_cores"),
        ('catalogue = "chna"', "catalogue", ""),
    ],
)
def test_a_contradiction_or_a_name_that_is_none(tmp_path: Path, text: str, key: str, words: str) -> None:
    faults = faults_of(tmp_path, text)
    assert set(faults) == {key}
    assert words in faults[key].rule
    assert faults[key].file == str(tmp_path / "bad.toml")


def test_a_trace_of_no_format_and_no_file_is_two_faults(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '[[demand.traces]]\nformat = "phily"\nfile = "x.csv"')
    assert "did you mean philly" in faults["demand.traces[0].format"].rule
    assert faults["demand.traces[0].file"].rule == "no such file"


def test_a_fault_is_laid_at_the_file_that_says_it(tmp_path: Path) -> None:
    write(tmp_path, "base", '[[prices]]\nwhere = ["nowhere"]\nscale = 2\n')
    changes = "".join(f'[[prices]]\nwhere = ["{word}"]\nscale = 1\n' for word in ("all", "noplace"))
    child = write(tmp_path, "child", f'parent = "base.toml"\n{changes}')
    with pytest.raises(ScenarioError) as caught:
        read_scenario(child)
    assert [(Path(fault.file).name, fault.key) for fault in caught.value.faults] == [
        ("base.toml", "prices[0].where"),
        ("child.toml", "prices[1].where"),
    ]


def test_parents_that_go_in_a_circle_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a", 'parent = "b.toml"')
    write(tmp_path, "b", 'parent = "a.toml"')
    with pytest.raises(ScenarioError, match="own parent"):
        read_scenario(str(tmp_path / "a.toml"))


def test_a_parent_that_is_none_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="did you mean west-open"):
        read_scenario(write(tmp_path, "a", 'parent = "west-opn"'))


@pytest.mark.parametrize("name", ["carbon-price", "carbon-price@70", "west-open@3", "nothing.toml"])
def test_a_scenario_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ScenarioError):
        read_scenario(name)


@pytest.mark.parametrize("raw", [b"\xff", b"title = ", b"[clock", b"title = 'a'\ntitle = 'b'"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "bad.toml").write_bytes(raw)
    with pytest.raises(ScenarioError, match=r"bad\.toml"):
        read_scenario(str(tmp_path / "bad.toml"))


@pytest.mark.parametrize(
    "document",
    [
        {"demand": {"jobs": "/etc/passwd"}},
        {"demand": {"traces": [{"format": "philly", "file": "/etc/passwd"}]}},
        {"catalogue": "../elsewhere"},
        {"parent": "../west-open.toml"},
        {"variants": {"a": {}}},
        {"clock": {"huors": 3}},
        {"clock": {"hours": 1000}},
        {"demand": {"generate": {"count": 60_000}, "changes": [{"factor": 2}]}},
    ],
)
def test_a_document_that_was_sent_names_no_files(document: dict[str, object]) -> None:
    with pytest.raises(ScenarioError, match="sent"):
        read_scenario_document(document, "sent")


@pytest.mark.parametrize("start", ["9999-12-31T00:00:00+08:00", "0001-01-01T00:00:00+08:00"])
def test_a_clock_at_the_end_of_the_calendar_is_refused(start: str) -> None:
    with pytest.raises(ScenarioError, match=r"clock\.start"):
        read_scenario_document({"clock": {"start": start}}, "sent")
