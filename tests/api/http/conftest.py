"""Services to knock at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.http.places import House
from topology import Catalogue, load_catalogue


@pytest.fixture(scope="session")
def china() -> Catalogue:
    return load_catalogue("china")


@pytest.fixture
def house(china: Catalogue) -> Iterator[House]:
    """A service in memory, with the tenant `default` and its first key."""
    home = House(china)
    yield home
    home.close()
