"""Cities on the wire."""

from __future__ import annotations

from api.wire.model import Answer


class CityView(Answer):
    """A city: an origin of users and data."""

    id: str
    name_en: str
    name_zh: str
    province: str
    latitude_deg: float
    longitude_deg: float


class CityList(Answer):
    """Every city."""

    cities: list[CityView]
