"""A street for each story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.client.street import Street
from tests.api.store.conftest import postgres_url
from topology import Catalogue, load_catalogue

__all__ = ["china", "postgres_url", "street"]


@pytest.fixture(scope="session")
def china() -> Catalogue:
    return load_catalogue("china")


@pytest.fixture
def street(china: Catalogue) -> Iterator[Street]:
    place = Street(china)
    yield place
    place.close()
