"""Hands attempts to what runs them, and reports what was seen of them."""

from api.dispatch.backend import Backend, Ending, Launch, LogPiece, Observation, Sight
from api.dispatch.errors import (
    BackendSilent,
    BackendUnsupported,
    DispatchError,
    StaleAttempt,
    StartRefused,
    UnknownAttempt,
)
from api.dispatch.local import LocalBackend
from api.dispatch.memory import MemoryBackend
from api.dispatch.registry import Backends

__all__ = [
    "Backend",
    "BackendSilent",
    "BackendUnsupported",
    "Backends",
    "DispatchError",
    "Ending",
    "Launch",
    "LocalBackend",
    "LogPiece",
    "MemoryBackend",
    "Observation",
    "Sight",
    "StaleAttempt",
    "StartRefused",
    "UnknownAttempt",
]
