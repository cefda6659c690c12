"""Runs attempts at Slurm sites, idempotent though Slurm is not."""

from api.dispatch.backend import Backend
from api.dispatch.kind import BackendKind, Surroundings
from api.dispatch.slurm.backend import SlurmBackend
from api.dispatch.slurm.site import SlurmSite

__all__ = ["SLURM", "SlurmBackend", "SlurmSite"]


def _open(settings: SlurmSite, around: Surroundings) -> Backend:
    return SlurmBackend(around.site, settings, around.clock, time_scale=around.time_scale)


SLURM = BackendKind(settings=SlurmSite, build=_open)
