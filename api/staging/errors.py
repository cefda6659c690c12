"""What can go wrong while data is staged.

StagingError
├── ForbiddenSource   the operator does not allow data from there, or a site has no folder to stage to
├── SourceGone        there is nothing at the address, or it cannot be read now
└── WrongChecksum     what arrived is not what its owner said
"""

from __future__ import annotations


class StagingError(Exception):
    """Base of every error of staging."""


class ForbiddenSource(StagingError):  # noqa: N818  (states what is so)
    """Data is not taken from that address, or not to that site."""


class SourceGone(StagingError):  # noqa: N818
    """The source cannot be read."""


class WrongChecksum(StagingError):  # noqa: N818
    """The bytes that arrived are not those that were promised."""

    def __init__(self, source: str, promised: str, found: str) -> None:
        """Name the source and both digests."""
        self.source, self.promised, self.found = source, promised, found
        super().__init__(f"{source}: sha-256 is {found}, not {promised} as the job says; nothing was kept")
