"""What Ray jobs find and leave: their inputs, their job's checkpoint, where they ran; and what is swept."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from api.dispatch import Ending, broom
from tests.api.dispatch.benches import seen
from tests.api.dispatch.ray.bench import RayBench, shell

pytestmark = pytest.mark.slow
WORK = """
n=$(cat $EDWC_CHECKPOINT_DIR/step 2>/dev/null || echo 0)
trap 'echo $((n + 1)) > $EDWC_CHECKPOINT_DIR/step; exit 143' TERM
echo from $n of $EDWC_INPUT_0; touch $EDWC_CHECKPOINT_DIR/begun
[ $n = 1 ] || while :; do sleep 0.05; done
"""


def test_work_finds_its_input_and_goes_on_from_its_checkpoint(bench: RayBench) -> None:
    kept = bench.data / "checkpoints"
    kept.mkdir()
    brought = {"EDWC_INPUT_0": "/data/att_1/input.0"}

    async def act(_: object) -> None:
        backend = bench.open(checkpoints=kept, grace_seconds=20)
        await backend.start(shell(WORK, environment=brought))
        folder = kept / f"job_1{bench.tail}"
        while not (folder / "begun").exists():
            await asyncio.sleep(0.05)
        await backend.cancel("att_1")
        first = await seen(backend, "att_1")
        assert (first.ending, first.measured) == (Ending.CANCELLED, {"nodes": bench.cluster.address})
        await backend.start(shell(WORK, attempt="att_2", token=2, environment=brought))
        second = await seen(backend, "att_2")
        assert (second.succeeded, second.measured) == (True, {"nodes": bench.cluster.address})
        assert (await backend.logs("att_2")).data == b"from 1 of /data/att_1/input.0\n"

    bench.play(act)


def test_what_ended_long_ago_is_swept_and_nothing_else(
    bench: RayBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what is still asked about, nor a claim whose outcome nobody knows."""
    monkeypatch.setattr(broom, "EVERY_SECONDS", 0.0)
    claims, long_ago = bench.cluster.claims, time.time() - 40 * 86_400

    async def act(_: object) -> None:
        early = bench.open()
        for name in ("1", "2"):
            await early.start(bench.brief(name, job=f"job_{name}"))
            await seen(early, f"att_{name}")
        old = {name: claims / f"att_{name}{bench.tail}" for name in ("1", "2", "lost")}
        old["lost"].mkdir()
        (old["lost"] / "end").write_text("---\n")
        for claim in old.values():
            os.utime(claim / "end", (long_ago, long_ago))
        late = bench.open()
        late.inner._clock = lambda: datetime.now(UTC) + timedelta(days=31)

        # A row that is taken away within a second of its job's end Ray writes anew, as of one that failed and with
        # nothing of ours in it. At a site no row goes so soon; here the clock alone has moved.
        def table() -> set[str]:
            rows = bench.cluster.ask("GET", "/api/jobs/").json()
            return {row["submission_id"] for row in rows if row.get("metadata")}

        # The claim says that work ended before Ray's own table does: each goes when it is seen to be over.
        while old["1"].exists() or f"att_1{bench.tail}" in table():
            await late.poll(["att_2"])
            await asyncio.sleep(0.1)
        assert old["2"].exists()
        assert old["lost"].exists()
        assert f"att_2{bench.tail}" in table()

    bench.play(act)
