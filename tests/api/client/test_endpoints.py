"""Which endpoint is asked: balanced, away from failing ones, and back after a probe."""

import pytest

from api.client.endpoints import Ejection, Endpoints, Health

A, B, C = "http://a", "http://b", "http://c"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def three(clock: Clock) -> Endpoints:
    return Endpoints([A, B, C], clock=clock, ejection=Ejection(failures_max=2, rest_s=1.0, rest_max_s=3.0))


def ask(endpoints: Endpoints, *, times: int) -> list[str]:
    asked = []
    for _ in range(times):
        url = endpoints.begin()
        endpoints.answered(url)
        asked.append(url)
    return asked


def test_requests_go_round(three: Endpoints) -> None:
    assert ask(three, times=6) == [A, B, C, A, B, C]


def test_the_least_busy_is_asked_first(three: Endpoints) -> None:
    assert [three.begin() for _ in range(3)] == [A, B, C]
    three.answered(B)
    assert three.begin() == B


def test_a_repeated_call_goes_elsewhere(three: Endpoints) -> None:
    assert three.begin(avoid=(A, B)) == C


def test_a_refused_connection_sets_an_endpoint_aside_at_once(three: Endpoints) -> None:
    assert three.begin() == A
    three.failed(A, refused=True)
    assert three.health(A) is Health.EJECTED
    assert set(ask(three, times=6)) == {B, C}


def test_one_slow_answer_does_not(three: Endpoints) -> None:
    three.failed(three.begin(), refused=False)
    assert three.health(A) is Health.GOOD
    three.failed(three.begin(avoid=(B, C)), refused=False)
    assert three.health(A) is Health.EJECTED


def test_an_ejected_endpoint_returns_after_a_probe_and_not_before(three: Endpoints, clock: Clock) -> None:
    three.failed(three.begin(), refused=True)
    assert three.due_probes() == ()
    clock.now += 1.0
    assert three.due_probes() == (A,)
    assert three.due_probes() == ()  # one probe at a time
    assert A not in ask(three, times=4)
    three.probed(A, ready=True)
    assert A in ask(three, times=3)


def test_the_rest_doubles_with_every_failed_probe_up_to_a_limit(three: Endpoints, clock: Clock) -> None:
    three.failed(three.begin(), refused=True)
    for rest in (1.0, 2.0, 3.0, 3.0):
        clock.now += rest - 0.1
        assert three.due_probes() == ()
        clock.now += 0.1
        assert three.due_probes() == (A,)
        three.probed(A, ready=False)


def test_where_all_are_ejected_one_is_asked_all_the_same(three: Endpoints, clock: Clock) -> None:
    for url in (A, B, C):
        assert three.begin() == url
        three.failed(url, refused=True)
        clock.now += 0.1
    assert three.begin() == A
    three.answered(A)
    assert three.health(A) is Health.GOOD


def test_what_the_caller_gave_up_says_nothing_about_the_endpoint(three: Endpoints) -> None:
    for _ in range(5):
        three.left(three.begin())
    assert all(three.health(url) is Health.GOOD for url in three.urls)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://a", "http://", "http://a/?x=1"])
def test_what_is_no_address_is_refused(url: str, clock: Clock) -> None:
    with pytest.raises(ValueError, match="base URL"):
        Endpoints([url], clock=clock)


def test_no_address_at_all_is_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="no base URL"):
        Endpoints([], clock=clock)
