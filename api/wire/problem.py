"""Problem documents, as the OpenAPI document describes them."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from api.wire.model import Answer


class Fault(Answer):
    """One fault of several."""

    index: int | None = Field(None, description="Which item of a batch, from 0.")
    field: str = ""
    detail: str = ""


class Problem(Answer):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable name of the kind of problem, such as urn:edwc:problem:not-found.")
    title: str
    status: int
    detail: str
    request_id: str = Field(
        description="Also in the X-Request-ID header and in every log line of the request."
    )
    field: str = Field("", description="Field, header or parameter at fault.")
    errors: list[Fault] = Field(default=[], description="Every fault, where there are several.")
