"""Brings the data a job names to where it will run, before it starts."""

from api.staging.copier import Copier
from api.staging.errors import ForbiddenSource, SourceGone, StagingError, WrongChecksum
from api.staging.mover import Copied, Copy, Mover
from api.staging.named import NamedInput, named_inputs
from api.staging.parcel import Parcel
from api.staging.stager import Stager

__all__ = [
    "Copied",
    "Copier",
    "Copy",
    "ForbiddenSource",
    "Mover",
    "NamedInput",
    "Parcel",
    "SourceGone",
    "Stager",
    "StagingError",
    "WrongChecksum",
    "named_inputs",
]
