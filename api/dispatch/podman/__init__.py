"""Runs attempts as containers of one machine, through the REST interface of its Podman."""

from api.dispatch.podman.backend import PODMAN, PodmanBackend
from api.dispatch.podman.settings import PodmanSite

__all__ = ["PODMAN", "PodmanBackend", "PodmanSite"]
