"""What a scenario makes of the world: other prices, places, jobs and failures."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from simulations.engine import Replay
from simulations.scenario import ScenarioError, read_scenario
from simulations.scenario.building import stage
from simulations.scenario.workload import kind_of
from tests.simulations.scenario.tiny import TINY, write

WEST = ("guizhou", "inner-mongolia", "gansu", "ningxia")


def replay_of(folder: Path, text: str = "") -> Replay:
    return stage(read_scenario(write(folder, "s", TINY + text))).replay


def test_prices_change_at_the_named_sites_and_hours(tmp_path: Path) -> None:
    plain = replay_of(tmp_path).actual
    night = '[[prices]]\nwhere = ["ningxia"]\nscale = 0.5\nfirst_hour = 22\nlast_hour = 6\n'
    changed = replay_of(tmp_path, night).actual
    ratio = changed.power_cny_per_kwh / plain.power_cny_per_kwh
    hours = np.array([at.hour for at in (i + timedelta(hours=8) for i in plain.horizon.instants())])
    row = plain.row("zhongwei")
    assert np.allclose(ratio[row], np.where((hours >= 22) | (hours < 6), 0.5, 1.0))
    assert np.allclose(ratio[plain.row("shanghai-metro")], 1.0)
    assert np.allclose(changed.power_parts_cny_per_kwh.sum(axis=1), changed.power_cny_per_kwh)


def test_pue_and_carbon_are_set_where_asked(tmp_path: Path) -> None:
    book = replay_of(
        tmp_path,
        '[[cooling]]\nwhere = ["shanghai"]\npue = 1.1\n'
        '[carbon]\nprice_cny_per_t = 200\n[[carbon.changes]]\nwhere = ["shanghai"]\ng_per_kwh = 50\n',
    ).actual
    row = book.row("shanghai-metro")
    assert np.all(book.pue_marginal[row] == 1.1)
    assert np.all(book.carbon_g_per_kwh[row] == 50)
    assert book.carbon_cny_per_t == 200


def test_a_group_may_be_where_two_words_meet(tmp_path: Path) -> None:
    plain = replay_of(tmp_path).catalogue
    small = replay_of(tmp_path, '[[capacity]]\nwhere = ["shanghai+edge"]\nscale = 0.5\n').catalogue
    halved = [a.id for a, b in zip(plain.sites, small.sites, strict=True) if a.capacity != b.capacity]
    assert halved == ["shanghai-edge"]


def test_a_base_that_opens_late_is_lost_until_then_and_draws_nothing(tmp_path: Path) -> None:
    replay = replay_of(tmp_path, '[[capacity]]\nwhere = ["zhongwei"]\nopens = 2026-10-01T00:00:00+08:00\n')
    (loss,) = replay.outages
    assert (loss.id, loss.start) == ("zhongwei", replay.horizon.start)
    assert loss.end > replay.horizon.end
    assert replay.catalogue.site("zhongwei").base_kw == 0


def test_held_to_the_east_moves_only_work_that_nobody_waits_for(tmp_path: Path) -> None:
    for job in replay_of(tmp_path, '[placement]\nregion = ["east"]\n').jobs:
        provinces = job.residency.provinces  # type: ignore[union-attr]
        if job.rtt_ms_max is None:  # type: ignore[union-attr]
            assert provinces
            assert len(provinces) == 1 or not set(provinces) & set(WEST)
        else:
            assert not provinces


def test_ten_times_the_training_is_ten_jobs_for_one(tmp_path: Path) -> None:
    before = [kind_of(job) for job in replay_of(tmp_path).jobs]  # type: ignore[arg-type]
    after = replay_of(tmp_path, '[[demand.changes]]\nkinds = ["training"]\nfactor = 10\n').jobs
    kinds = [kind_of(job) for job in after]  # type: ignore[arg-type]
    assert kinds.count("training") == 10 * before.count("training")
    assert kinds.count("batch") == before.count("batch")
    assert len({job.name for job in after}) == len(kinds)  # type: ignore[union-attr]


def test_a_tighter_round_trip_keeps_what_is_tighter_already(tmp_path: Path) -> None:
    kinds = '["interactive", "inference"]'
    before = {job.name: job for job in replay_of(tmp_path).jobs}  # type: ignore[union-attr]
    for job in replay_of(tmp_path, f"[[latency]]\nkinds = {kinds}\nrtt_ms_max = 20\n").jobs:
        own = before[job.name].rtt_ms_max  # type: ignore[union-attr]
        wanted = own if kind_of(job) not in kinds else min(own or 20, 20)  # type: ignore[arg-type]
        assert job.rtt_ms_max == wanted  # type: ignore[union-attr]


def test_without_shifting_the_slack_is_cut(tmp_path: Path) -> None:
    for job in replay_of(tmp_path, "[shifting]\nslack_minutes_max = 30\n").jobs:
        longest = max(variant.runtime_minutes for variant in job.variants)  # type: ignore[union-attr]
        slack = job.deadline - job.release - timedelta(minutes=longest)  # type: ignore[union-attr, operator]
        assert slack <= timedelta(minutes=31)


def test_lower_rates_make_work_worth_less(tmp_path: Path) -> None:
    jobs = replay_of(tmp_path, "[rates]\nscale = 0.5\n").jobs
    dear = replay_of(tmp_path, "[rates]\nscale = 2.0\n").jobs
    for low, high in zip(jobs, dear, strict=True):
        assert high.value_cny == pytest.approx(4 * low.value_cny)  # type: ignore[union-attr, operator]


def test_a_hard_quota_is_the_planners_and_a_priced_one_is_in_the_price(tmp_path: Path) -> None:
    hard = '[[quotas]]\nwhere = ["shanghai"]\nkwh_per_day = 1000\n'
    plain, held = replay_of(tmp_path), replay_of(tmp_path, hard)
    assert {quota.site for quota in held.energy_quotas} == {
        "shanghai-metro",
        "shanghai-edge",
        "yangtze-delta",
    }
    priced = replay_of(tmp_path, hard + "above_cny_per_kwh = 0.8\n")
    assert not priced.energy_quotas
    row = plain.actual.row("shanghai-metro")
    assert np.allclose(priced.actual.power_cny_per_kwh[row] - plain.actual.power_cny_per_kwh[row], 0.8)


def test_a_scenario_without_any_job_is_refused(tmp_path: Path) -> None:
    text = "".join(f'[[demand.changes]]\norigins = ["{city}"]\nfactor = 0\n' for city in _cities())
    with pytest.raises(ScenarioError, match="no job"):
        replay_of(tmp_path, text)


def _cities() -> list[str]:
    return [city.id for city in read_scenario("west-open").catalogue.cities]


@pytest.mark.needs_shared
def test_the_busiest_week_of_two_traces_begins_on_the_first_day(traces: Path, tmp_path: Path) -> None:
    text = "".join(
        f'[[demand.traces]]\nformat = "{form}"\nfile = "{traces / name}"\ndays = 2\n'
        for form, name in (("philly", "philly_jobs.csv.gz"), ("openb", "openb_pods.csv.gz"))
    )
    child = write(tmp_path, "child", f'parent = "west-open"\n{text}')
    replay = stage(read_scenario(child)).replay
    jobs = list(replay.jobs)
    releases = [job.release for job in jobs]  # type: ignore[union-attr]
    assert {job.labels["trace"] for job in jobs} == {"philly", "openb"}  # type: ignore[union-attr]
    assert min(releases) >= replay.horizon.start  # type: ignore[type-var, operator]
    assert max(releases) < replay.horizon.start + timedelta(days=2)  # type: ignore[type-var, operator]
