"""The console's files: what they may not hold, and what they are sent with."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler import explanation, marginal
from scheduler.reason import Reason
from simulations.compare.path import CAUSES
from tests.api.http.places import House
from topology import load_catalogue

FOLDER = Path(__file__).resolve().parents[3] / "api" / "console"
SCRIPTS = sorted(FOLDER.rglob("*.js"))
_PAIR = re.compile(r"'([a-zA-Z_.-]+(?:\.[A-Z_]+)?)': \[")
_ASKED = re.compile(r"\bt\('([a-z_A-Z.]+)'")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    made = House(load_catalogue("china"))
    yield made
    made.close()


def words() -> set[str]:
    return {key for path in (FOLDER / "words").glob("*.js") for key in _PAIR.findall(path.read_text("utf-8"))}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_elements_from_text(path: Path) -> None:
    text = path.read_text("utf-8")
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
    ):
        assert forbidden not in text


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_word_asked_for_is_there_in_both_languages(path: Path) -> None:
    asked = set(_ASKED.findall(path.read_text("utf-8")))
    assert asked <= words()


def test_whatever_an_explanation_may_say_has_words() -> None:
    """The service's own sentences know these fields and reasons: the console knows the same."""
    source = inspect.getsource(explanation)
    fields = set(re.findall(r'^        "([a-z_]+)": f?"', source, re.MULTILINE))
    assert "deadline" in fields
    steps = set(
        re.findall(r'^            "([a-z_]+)",|yield "([a-z_]+)"', inspect.getsource(marginal), re.MULTILINE)
    )
    marginals = {name for pair in steps for name in pair if name}
    assert "tasks" in marginals
    wanted = {f"reason.{reason.value}" for reason in Reason}
    wanted |= {f"change.{field}" for field in fields} | {f"margin.{field}" for field in marginals}
    assert wanted <= words()


def test_every_shipped_scenario_has_a_title_in_both_languages() -> None:
    text = (FOLDER / "words" / "scenarios.js").read_text("utf-8")
    titled = set(re.findall(r"'scenario\.([a-z0-9.@-]+)': \[", text))
    shipped = {path.stem for path in (FOLDER.parents[1] / "simulations" / "scenarios").glob("*.toml")}
    assert {name.partition("@")[0] for name in titled} == shipped


def test_whatever_makes_a_difference_in_a_what_if_has_a_name() -> None:
    assert {f"cause.{cause}" for cause in CAUSES} <= words()


def test_nothing_comes_from_the_network() -> None:
    for path in [*SCRIPTS, *FOLDER.glob("*.css"), *FOLDER.glob("*.html")]:
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//cdn", text), path.name


def test_the_page_comes_with_a_policy_that_allows_nothing_inline(house: House) -> None:
    answer = house.stranger.get("/")
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


def test_every_file_is_served_with_its_type_and_once_known_not_sent_again(house: House) -> None:
    for path in [*SCRIPTS, *FOLDER.glob("*.css")]:
        answer = house.stranger.get(f"/console/{path.relative_to(FOLDER).as_posix()}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] in {"text/javascript", "text/css"}
        again = house.stranger.get(answer.url.path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["..%2Fauth.py", "pages", "pages/", "", "nothing.js", "%00"])
def test_nothing_else_is_served(house: House, name: str) -> None:
    assert house.stranger.get(f"/console/{name}").status_code == 404


def test_outlines_and_plotly_come_from_where_they_are_installed(house: House) -> None:
    outlines = json.loads(house.stranger.get("/console/outlines.json").content)
    assert len(outlines["features"]) == 34
    assert b"Plotly" in house.stranger.get("/console/plotly.min.js").content


def test_a_key_learns_what_it_stands_for(house: House) -> None:
    mine = house.tenant("bank").get("/v1/whoami").json()
    assert (mine["tenant"], mine["scopes"]) == ("bank", ["read", "submit"])
    assert house.stranger.get("/v1/whoami").status_code == 401


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "bar"), [("ink", "calm"), ("card", "accent"), ("card", "warn"), ("from-ink", "from")]
)
def test_names_on_bars_can_be_read(theme: str, name: str, bar: str) -> None:
    """WCAG 2.1, 1.4.3: at least 4.5 to 1. What looks for it in a browser does not look at drawings."""
    blocks = re.findall(
        r"^:root[^{]*\{(.*?)\n\}", (FOLDER / "console.css").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks[theme == "dark"]))
    dim, bright = sorted((luminance(colours[name]), luminance(colours[bar])))
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, as WCAG 2.1 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
