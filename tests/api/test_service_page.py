"""docs/service.md shows the moves of a job as the code allows them."""

from pathlib import Path

from scheduler.lifecycle import JOB_MOVES, render_moves

PAGE = Path(__file__).resolve().parents[2] / "docs" / "service.md"


def test_the_page_shows_the_moves_that_the_code_allows() -> None:
    assert render_moves(JOB_MOVES) in PAGE.read_text(encoding="utf-8")
