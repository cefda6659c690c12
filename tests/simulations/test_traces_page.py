"""docs/traces.md names every figure with its numbers, every service, profile and format."""

from pathlib import Path

from simulations.distribution import Shares
from simulations.figures import FIGURES
from simulations.profile import PROFILES
from simulations.service import SERVICES
from simulations.traces import FORMATS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "traces.md").read_text(encoding="utf-8")


def test_every_figure_stands_on_the_page_with_its_numbers() -> None:
    for name, figure in FIGURES.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
        assert figure.file in row
        assert figure.trace in row
        law = figure.law
        pairs = zip(law.values, law.weights, strict=True) if isinstance(law, Shares) else ()
        shown = [f"{value:g}: {weight:g}" for value, weight in pairs] or [
            f"{number:g}" for number in figure.numbers
        ]
        assert (", " if isinstance(law, Shares) else " ").join(shown) in row


def test_every_service_profile_and_format_stands_on_the_page() -> None:
    for name in (*SERVICES, *PROFILES, *FORMATS):
        assert f"`{name}`" in PAGE, name
