"""The page about the catalogue says what the data say.

To write it again: python -m tests.topology.test_guide
"""

from pathlib import Path

from topology import load_catalogue
from topology.guide import render_guide

PAGE = Path(__file__).resolve().parents[2] / "docs" / "catalogue.md"


def test_the_page_is_what_the_data_render() -> None:
    written = PAGE.read_text(encoding="utf-8")

    assert written == render_guide(load_catalogue()), "run: python -m tests.topology.test_guide"


if __name__ == "__main__":
    PAGE.write_text(render_guide(load_catalogue()), encoding="utf-8")
