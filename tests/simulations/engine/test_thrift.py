"""The collector of circular garbage is slowed while days are replayed, and left as it was found."""

from __future__ import annotations

import gc

import pytest

from simulations.engine.thrift import collect_seldom


def test_the_collector_is_left_as_it_was_found():
    before = gc.get_threshold()
    with collect_seldom():
        assert gc.get_threshold() > before
    assert gc.get_threshold() == before


def test_a_replay_that_fails_leaves_the_collector_alone_too():
    before = gc.get_threshold()
    with pytest.raises(KeyError), collect_seldom():
        raise KeyError
    assert gc.get_threshold() == before
