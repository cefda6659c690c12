"""A street for each story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.client.street import Street
from topology import Catalogue, load_catalogue


@pytest.fixture(scope="session")
def china() -> Catalogue:
    return load_catalogue("china")


@pytest.fixture
def street(china: Catalogue) -> Iterator[Street]:
    place = Street(china)
    yield place
    place.close()
