"""How long to wait, and what may be asked again: decisions without a clock."""

from datetime import UTC, datetime

import pytest

from api.client.patience import Patience, may_repeat, read_retry_after

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def test_pauses_double_up_to_a_limit_and_jitter_over_their_whole_length() -> None:
    patience = Patience(pause_s=0.1, pause_max_s=1.0)
    longest = [patience.pause_before_next(failures, 1.0) for failures in range(1, 7)]
    assert longest == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    assert patience.pause_before_next(5, 0.0) == 0.0
    assert patience.pause_before_next(10**6, 0.5) == 0.5


def test_what_the_service_asks_for_is_waited_in_full_and_spread_beyond() -> None:
    patience = Patience(pause_s=0.1)
    assert patience.pause_before_next(1, 0.0, 7.0) == 7.0
    assert patience.pause_before_next(1, 0.5, 7.0) == 7.05


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        ("Wed, 01 Jul 2026 00:00:20 GMT", 20.0),
        ("Tue, 30 Jun 2026 00:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("-4", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_an_instant(text: str, seconds: float) -> None:
    assert read_retry_after({"retry-after": text}, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "repeatable", "again"),
    [
        (429, False, True),  # refused before anything was done
        (503, True, True),
        (503, False, False),
        (502, False, False),
        (500, True, False),  # a bug repeats itself
        (409, True, False),
        (422, True, False),
    ],
)
def test_only_what_is_safe_is_asked_again(status: int, repeatable: bool, again: bool) -> None:
    assert may_repeat(status, repeatable=repeatable) is again


def test_a_part_that_is_not_configured_will_not_be_there_in_a_second() -> None:
    assert not may_repeat(503, repeatable=True, problem_type="urn:edwc:problem:not-configured")


def test_a_patience_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="read_s = 0 must be above 0"):
        Patience(read_s=0)
