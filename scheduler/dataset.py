"""Input and Output: the data a job reads before its start and writes after its end."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.quantity import STRICT, check_name, check_quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A dataset that must have arrived before the job starts.

    Attributes:
        at: site or city where the data is.
        size_gb: gigabytes to move when the job runs elsewhere.
    """

    __pydantic_config__ = STRICT

    at: str
    size_gb: float

    def __post_init__(self) -> None:
        check_name("at", self.at)
        check_quantity("size_gb", self.size_gb, unit="GB")


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """A dataset that is moved once the job has ended.

    Attributes:
        to: site or city where the data must go.
        size_gb: gigabytes to move when the job ran elsewhere.
    """

    __pydantic_config__ = STRICT

    to: str
    size_gb: float

    def __post_init__(self) -> None:
        check_name("to", self.to)
        check_quantity("size_gb", self.size_gb, unit="GB")
