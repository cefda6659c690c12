"""Every move of a job and of an attempt that is allowed, and no other."""

from itertools import product

import pytest

from scheduler.lifecycle import (
    ATTEMPT_MOVES,
    FINAL_JOB_STATES,
    HELD_STATES,
    JOB_MOVES,
    LIVE_JOB_STATES,
    AttemptState,
    IllegalMove,
    JobState,
    check_attempt_move,
    check_job_move,
    render_moves,
)


@pytest.mark.parametrize(("before", "after"), list(product(JobState, JobState)))
def test_a_job_moves_as_the_table_says_and_no_other_way(before: JobState, after: JobState) -> None:
    if after in JOB_MOVES[before]:
        assert check_job_move("job_1", before, after) is after
    else:
        with pytest.raises(IllegalMove) as told:
            check_job_move("job_1", before, after)
        assert str(told.value).startswith(f"job job_1: {before} -> {after} is not allowed; ")
        assert told.value.allowed == JOB_MOVES[before]


@pytest.mark.parametrize(("before", "after"), list(product(AttemptState, AttemptState)))
def test_an_attempt_moves_as_the_table_says(before: AttemptState, after: AttemptState) -> None:
    if after in ATTEMPT_MOVES[before]:
        assert check_attempt_move("att_1", before, after) is after
    else:
        with pytest.raises(IllegalMove, match="attempt att_1"):
            check_attempt_move("att_1", before, after)


def test_the_error_says_what_is_allowed_instead() -> None:
    with pytest.raises(IllegalMove, match="cancelling -> running is not allowed; allowed: succeeded, failed"):
        check_job_move("job_1", "cancelling", "running")
    with pytest.raises(IllegalMove, match="failed -> running is not allowed; failed is final"):
        check_job_move("job_1", "failed", "running")


def test_a_state_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="'done' is not a valid JobState"):
        check_job_move("job_1", "running", "done")


def test_every_job_can_reach_an_end_and_be_cancelled() -> None:
    for state in LIVE_JOB_STATES:
        reached = {state}
        while (more := reached.union(*(JOB_MOVES[each] for each in reached))) != reached:
            reached = more
        assert FINAL_JOB_STATES & reached
        assert JobState.CANCELLED in reached


def test_what_holds_room_never_jumps_back_into_a_plan() -> None:
    for state in HELD_STATES:
        assert JobState.PLANNED not in JOB_MOVES[state]


def test_the_store_and_the_table_agree_on_what_is_final() -> None:
    from api.store import FINAL_STATES  # noqa: PLC0415

    assert frozenset(FINAL_JOB_STATES) == FINAL_STATES


def test_the_table_is_rendered_for_the_docs() -> None:
    table = render_moves(JOB_MOVES)
    assert "| `cancelling` | `succeeded`, `failed`, `cancelled`, `expired` |" in table
    assert "| `failed` | final |" in table
    assert table.count("\n") == len(JobState) + 1
