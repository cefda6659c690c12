"""The planner's process: reads questions from its input, writes plans to its output, ends when the input does."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import IO, Any

from api.feeds import Places
from api.loop.planner import HEADER_BYTES, PlanAnswer, answer_of, pack, pieces_of
from scheduler import Job, World, schedule
from scheduler.fair_share import share_fairly

NICENESS = 10  # the API's requests go first


def decide(fields: tuple[Any, ...], places: Places) -> tuple[str, object]:
    """Return the answer to one question, or why there is none."""
    packed, _, prices, reserved, policy, time_limit_s, gap, seed, weights = fields
    try:
        jobs: Sequence[Job] = [job for piece in packed for job in pickle.loads(piece)]  # noqa: S301  (our parent's words)
        world = World(catalogue=places.catalogue, network=places.network, prices=prices, reserved=reserved)
        jobs = share_fairly(jobs, world, weights) if weights else jobs
        plan = schedule(jobs, world, policy=policy, time_limit_s=time_limit_s, gap=gap, seed=seed)
        return "plan", _in_pieces(answer_of(plan))
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}"


def _in_pieces(answer: PlanAnswer) -> tuple[PlanAnswer, list[bytes]]:
    """Return the answer without placements, and its placements with their documents in pieces."""
    both = zip(pieces_of(answer.plan.placements), pieces_of(answer.placements), strict=True)
    bare = replace(answer, plan=replace(answer.plan, placements=()), placements=())
    return bare, [pack(piece) for piece in both]


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until nobody asks any more."""
    places: Places | None = None
    while header := questions.read(HEADER_BYTES):
        fields = pickle.loads(questions.read(int.from_bytes(header, "big")))  # noqa: S301  (our parent's words)
        places = fields[1] or places
        assert places is not None
        reply = pack(decide(fields, places))
        answers.write(len(reply).to_bytes(HEADER_BYTES, "big"))
        answers.write(reply)
        answers.flush()


def main() -> None:
    """Serve on the standard streams; what else is printed goes to the error stream."""
    os.nice(NICENESS)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
