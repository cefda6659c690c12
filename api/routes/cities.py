"""Cities: where users and data are."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth import Scope
from api.routes.visit import GuardedRoute, Visiting, needs, refusals
from api.wire.cities import CityList, CityView

router = APIRouter(route_class=GuardedRoute, tags=["network"])


@router.get("/v1/cities", summary="List cities", responses=refusals())
@needs(Scope.READ)
async def list_cities(visit: Visiting) -> CityList:
    """Every place that jobs may name as origin, or as where data lies."""
    return CityList(
        cities=[
            CityView(
                id=city.id,
                name_en=city.name_en,
                name_zh=city.name_zh,
                province=city.province,
                latitude_deg=city.latitude_deg,
                longitude_deg=city.longitude_deg,
            )
            for city in visit.service.catalogue.cities
        ]
    )
