"""The gateway: whom it asks, what it takes for an answer, and what it never does twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from api.client.endpoints import Health
from api.dispatch import BackendSilent, Credential, CredentialMissing, StartRefused
from api.dispatch.slurm.gateway import Gateway
from api.dispatch.slurm.site import SlurmSite
from tests.api.dispatch.slurm.recorded import (
    BAD_GRES,
    NO_CONTROLLER,
    QUEUE_FULL,
    TOO_MANY_CPUS,
    RecordedRest,
    job,
)

ONE, TWO = "http://one:6820", "http://two:6820"
KEY = b"k" * 32


class Street:
    """A gateway before a recorded site; the clock is ours."""

    def __init__(self, folder: Path, urls: tuple[str, ...] = (ONE,), **fields: Any) -> None:
        (folder / "key").write_bytes(KEY)
        given: dict[str, Any] = {"key": Credential(file=folder / "key")} | fields
        self.rest = RecordedRest()
        self.now = datetime(2026, 7, 1, tzinfo=UTC)
        site = SlurmSite(endpoints=urls, folder=folder, user="edwc", **given)
        self.gateway = Gateway(site, lambda: self.now, transport=self.rest.transport)

    def answer(self, status: int, document: Any, *, at: str = "") -> None:
        self.rest.trouble = lambda request: (
            httpx.Response(status, json=document) if at in str(request.url) else None
        )

    def break_(self, error: Exception, *, at: str = "") -> None:
        self.rest.trouble = lambda request: error if at in str(request.url) else None


Play = Callable[[Street], Awaitable[None]]


def street(**fields: Any) -> Callable[[Play], Callable[[Path], None]]:
    def story(play: Play) -> Callable[[Path], None]:
        def test(tmp_path: Path) -> None:
            async def whole() -> None:
                stage = Street(tmp_path, **fields)
                try:
                    await play(stage)
                finally:
                    await stage.gateway.close()

            asyncio.run(whole())

        test.__name__, test.__doc__ = play.__name__, play.__doc__
        return test

    return story


def token_of(request: httpx.Request) -> dict[str, Any]:
    options = {"verify_exp": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(
        request.headers["X-SLURM-USER-TOKEN"], KEY, algorithms=["HS256"], options=options
    )
    return claims


@street()
async def test_a_token_is_made_for_the_user_and_renewed_long_before_it_expires(stage: Street) -> None:
    for minutes in (0, 10, 4, 2):
        stage.now += timedelta(minutes=minutes)
        await stage.gateway.jobs()
    tokens = [token_of(each) for each in stage.rest.asked]
    assert [token["sun"] for token in tokens] == ["edwc"] * 4
    assert len({token["exp"] for token in tokens}) == 2
    for token, at in zip(tokens, (0, 10, 14, 16), strict=True):
        assert token["exp"] - stage.now.timestamp() + 60 * (16 - at) >= 900


@street()
async def test_a_refused_token_is_thrown_away_and_never_named(stage: Street) -> None:
    stage.answer(401, "Authentication failure")
    with pytest.raises(BackendSilent, match="the token was refused") as caught:
        await stage.gateway.jobs()
    assert stage.rest.asked[0].headers["X-SLURM-USER-TOKEN"] not in str(caught.value)
    stage.now += timedelta(seconds=1)
    stage.rest.trouble = lambda _: None
    await stage.gateway.jobs()
    assert token_of(stage.rest.asked[0]) != token_of(stage.rest.asked[1])


@street(key=Credential(file=Path("/nowhere/key")))
async def test_without_a_key_nobody_is_asked_and_nothing_has_failed(stage: Street) -> None:
    with pytest.raises(CredentialMissing, match="/nowhere/key"):
        await stage.gateway.jobs()
    assert stage.rest.asked == []
    assert stage.gateway.endpoints.health(ONE) is Health.GOOD


def test_a_token_file_is_read_again_each_time(tmp_path: Path) -> None:
    async def story() -> None:
        stage = Street(tmp_path, key=None, token=Credential(file=tmp_path / "token"))
        for token in ("first", "second"):
            (tmp_path / "token").write_text(token)
            await stage.gateway.jobs()
            assert stage.rest.asked[-1].headers["X-SLURM-USER-TOKEN"] == token
        await stage.gateway.close()

    asyncio.run(story())


@street(urls=(ONE, TWO))
async def test_the_load_is_spread(stage: Street) -> None:
    for _ in range(4):
        await stage.gateway.jobs()
    assert sorted(each.url.host for each in stage.rest.asked) == ["one", "one", "two", "two"]


@street(urls=(ONE, TWO))
async def test_a_front_that_is_gone_is_left_out_and_comes_back_after_a_probe(stage: Street) -> None:
    stage.break_(httpx.ConnectError("refused"), at="one")
    for _ in range(4):
        await stage.gateway.jobs()
    assert stage.gateway.endpoints.health(ONE) is Health.EJECTED
    assert sum(each.url.host == "one" for each in stage.rest.asked) == 1
    stage.rest.trouble = lambda _: None
    await asyncio.sleep(0.6)
    await stage.gateway.jobs()
    await asyncio.sleep(0.05)
    assert stage.gateway.endpoints.health(ONE) is Health.GOOD
    assert "GET /ping/" in stage.rest.paths()


@street()
async def test_a_controller_that_is_down_is_silence_and_soon_costs_no_time(stage: Street) -> None:
    stage.answer(500, NO_CONTROLLER)
    for _ in range(2):
        with pytest.raises(BackendSilent, match="no answer from its controller"):
            await stage.gateway.jobs()
    asked = len(stage.rest.asked)
    with pytest.raises(BackendSilent, match="resting after failures"):
        await stage.gateway.jobs()
    assert len(stage.rest.asked) == asked


@street(urls=(ONE, TWO))
async def test_a_submission_whose_answer_was_lost_is_not_repeated(stage: Street) -> None:
    stage.break_(httpx.ReadError("reset"))
    with pytest.raises(BackendSilent):
        await stage.gateway.submit({"job": {"name": "att_1"}})
    assert stage.rest.paths() == ["POST /job/submit"]


@street(urls=(ONE, TWO))
async def test_a_submission_nobody_listened_to_goes_elsewhere(stage: Street) -> None:
    stage.break_(httpx.ConnectError("refused"), at="one")
    assert await stage.gateway.submit({"job": {"name": "att_1"}}) == 1
    stage.break_(httpx.ReadError("reset"), at="one")
    assert await stage.gateway.jobs()


@pytest.mark.parametrize("document", [TOO_MANY_CPUS, BAD_GRES])
def test_an_answer_200_that_carries_an_error_is_a_refusal(tmp_path: Path, document: Any) -> None:
    async def story() -> None:
        stage = Street(tmp_path)
        stage.answer(200, document)
        with pytest.raises(StartRefused, match=r"Slurm refuses it: .* \(error "):
            await stage.gateway.submit({})
        await stage.gateway.close()

    asyncio.run(story())


@street()
async def test_a_full_queue_is_no_refusal(stage: Street) -> None:
    stage.answer(200, QUEUE_FULL)
    with pytest.raises(BackendSilent, match="temporarily unable"):
        await stage.gateway.submit({})


@street()
async def test_an_unknown_job_is_told_from_no_answer(stage: Street) -> None:
    assert await stage.gateway.job(9) is None
    await stage.gateway.cancel(9)
    stage.rest.jobs[9] = job(9)
    assert (await stage.gateway.job(9)) is not None
    stage.answer(200, {"errors": [], "jobs": []})
    with pytest.raises(BackendSilent, match="does not say how job 9 stands"):
        await stage.gateway.job(9)


@street()
async def test_a_list_cut_short_is_no_list(stage: Street) -> None:
    stage.rest.trouble = lambda _: httpx.Response(200, content=b'{"jobs": [{"job_id"')
    with pytest.raises(BackendSilent):
        await stage.gateway.jobs()
