"""Structured logs: events with fields, and the request id in every line of its request."""

from __future__ import annotations

import logging
import random
import re
import sys
from contextvars import ContextVar

import structlog

# Names of requests are no secret. The kernel's chance would cost every request a turn for the interpreter's lock.
_CHANCE = random.Random()
_REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

get_logger = structlog.stdlib.get_logger


def request_id() -> str:
    """Return the id of the request being answered, "" outside of one."""
    return _REQUEST_ID.get()


def begin_request(given: str) -> str:
    """Set and return the id of a request: the one given where it is acceptable, else a fresh one."""
    name = given if _ACCEPTED_ID.fullmatch(given) else f"req_{_CHANCE.getrandbits(80):020x}"
    _REQUEST_ID.set(name)
    return name


def configure_logs(*, level: str, as_json: bool) -> None:
    """Send logs to standard error, one line an event.

    Args:
        level: debug, info, warning or error.
        as_json: JSON objects for machines; else words for people.
    """
    structlog.configure(
        processors=[
            _add_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer()
            if as_json
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _add_request_id(
    logger: object,  # noqa: ARG001
    method: str,  # noqa: ARG001
    event: structlog.typing.EventDict,
) -> structlog.typing.EventDict:
    name = _REQUEST_ID.get()
    if name:
        event["request_id"] = name
    return event
