"""Hands attempts to what runs them, and reports what was seen of them."""

from api.dispatch.backend import Backend, Ending, Launch, LogPiece, Observation, Sight
from api.dispatch.credential import Credential, SitePath
from api.dispatch.errors import (
    BackendSilent,
    BackendUnsupported,
    CredentialMissing,
    DispatchError,
    StaleAttempt,
    StartRefused,
    UnknownAttempt,
)
from api.dispatch.kind import BackendKind, Surroundings
from api.dispatch.local import LocalBackend
from api.dispatch.memory import MemoryBackend
from api.dispatch.registry import Backends

__all__ = [
    "Backend",
    "BackendKind",
    "BackendSilent",
    "BackendUnsupported",
    "Backends",
    "Credential",
    "CredentialMissing",
    "DispatchError",
    "Ending",
    "Launch",
    "LocalBackend",
    "LogPiece",
    "MemoryBackend",
    "Observation",
    "Sight",
    "SitePath",
    "StaleAttempt",
    "StartRefused",
    "Surroundings",
    "UnknownAttempt",
]
