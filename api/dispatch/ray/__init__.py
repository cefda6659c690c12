"""Runs attempts as submitted jobs of a Ray cluster, through the REST interface of its head."""

from api.dispatch.ray.backend import RAY, RayBackend
from api.dispatch.ray.settings import RaySite

__all__ = ["RAY", "RayBackend", "RaySite"]
