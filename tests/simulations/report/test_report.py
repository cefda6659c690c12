"""The report is one file that needs nothing else, and a browser draws every part of it."""

import os
import re
import shutil
from pathlib import Path

import pytest

from simulations.report import write_report
from simulations.scenario import Layer, read_scenario
from simulations.scenario.scenario_run import ScenarioRun, run_scenario
from tests.simulations.scenario.tiny import write_tiny

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
MARKS = {
    "#map .js-line": 30,
    "#map .points path": 60,
    "#heat .hm image": 1,
    "#map-1 .scatterlayer .point": 6,
    "#heat-1 .heatmaplayer image": 1,
    "#costs .bars .point": 6,
    "#waterfall-1 .bars .point": 8,
    "#curves .js-line": 7,
    "#waiting .bars .point": 10,
    "#policies tbody tr": 2,
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[ScenarioRun]:
    tiny = write_tiny(tmp_path_factory.mktemp("report"))
    nearest = Layer(label="test", document={"planning": {"policy": "nearest"}, "title": "A </script> & <b>"})
    return [run_scenario(read_scenario(tiny)), run_scenario(read_scenario(tiny, [nearest]))]


@pytest.fixture(scope="module")
def page(runs: list[ScenarioRun], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(runs, path)
    return path


@pytest.fixture
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if "browser" in os.environ.get("EDWC_REQUIRE", "").split(","):
            pytest.fail("Chromium not exercised, though EDWC_REQUIRE asks for it")
        pytest.skip("Chromium is not installed")
    return found


def test_the_page_asks_nobody_for_anything(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    ours = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert "http://" not in ours
    assert "https://" not in ours
    assert not re.search(r"<(script|img|iframe)[^>]* src=", ours)
    assert not re.search(r'<link[^>]* href="(?!data:)', ours)
    assert "A &lt;/script&gt; &amp; &lt;b&gt;" in ours


def test_a_browser_draws_every_part_of_it(page: Path, chromium: str) -> None:
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    wrong: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        tab = browser.new_page(viewport={"width": 1200, "height": 900})
        tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page.as_uri())
        tab.wait_for_selector("#waiting .bars .point", state="attached", timeout=60_000)
        found = {selector: tab.locator(selector).count() for selector in MARKS}
        browser.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert all(found[selector] >= least for selector, least in MARKS.items()), found


def test_one_outcome_alone_has_a_report_without_a_comparison(runs: list[ScenarioRun], tmp_path: Path) -> None:
    write_report(runs[:1], tmp_path / "one.html")
    text = (tmp_path / "one.html").read_text(encoding="utf-8")
    assert 'id="costs"' in text
    assert 'id="waterfall-1"' not in text
