"""The seam to whatever moves data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One file to be copied.

    Attributes:
        source: URL, such as file:///data/set.bin, s3://bucket/set.bin.
        target: where it goes; it is there whole, or not at all.
        sha256: what its digest must be, in hexadecimal; "" when its owner did not say.
        rate_gbps: no faster than this on average [Gbit/s], which is what the plan keeps free for it.
    """

    source: str
    target: Path
    sha256: str = ""
    rate_gbps: float = 10.0

    def __post_init__(self) -> None:
        if not self.rate_gbps > 0:
            raise ValueError(f"copy of {self.source}: rate_gbps is {self.rate_gbps}; it must be above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Copied:
    """What a copy came to.

    Attributes:
        size_bytes: of the file.
        sha256: its digest, in hexadecimal.
        moved_bytes: what was moved now; less than the size when an earlier copy had been cut short.
    """

    size_bytes: int
    sha256: str
    moved_bytes: int


class Mover(Protocol):
    """Copies files. May be asked for the same copy again, also by another process after a crash."""

    async def copy(self, order: Copy) -> Copied:
        """Copy one file, go on with one that was cut short, or find it done.

        Raises:
            SourceGone: the source cannot be read; asking again may help.
            WrongChecksum: other bytes than promised arrived; none are kept.
        """
