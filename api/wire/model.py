"""The base of every document, and the kinds of value they share."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema


def write_money(amount: Decimal) -> str:
    """Return an amount without an exponent."""
    return format(amount, "f")


Money = Annotated[
    Decimal,
    Field(description="CNY, exact: a decimal number written as text."),
    PlainSerializer(write_money, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["12.34"]}),
]
Document = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]


class Answer(BaseModel):
    """What the service says."""

    model_config = ConfigDict(frozen=True)


class Request(BaseModel):
    """What the service is told, besides jobs: nothing unknown, nothing coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
