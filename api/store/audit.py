"""The audit chain: every row's digest covers the row and the digest before it, and the chain's end is sealed.

An edit changes a digest, a gap or a reordering breaks the link to the row before, and a cut at the end
leaves the head pointing past it. Who can rewrite rows *and* head can forge a chain, but not its seal,
unless they have the secret; who restores an older database whole is found out by a witness: a head that was
written down elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from api.store.changes import Audit
from api.store.records import AuditRow, Head


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditVerdict:
    """What verifying found: how many rows were read, and every fault in words; sound when there is none."""

    rows: int
    head: Head
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """True when nothing was found wrong."""
        return not self.faults


def chain(audit: Audit, head: Head, secret: bytes) -> tuple[AuditRow, Head]:
    """The next row after `head`, and the head after it."""
    row = AuditRow(
        number=head.number + 1,
        at=audit.at,
        actor=audit.actor,
        tenant=audit.tenant,
        action=audit.action,
        target=audit.target,
        document=audit.document,
        previous=head.digest,
        digest="",
    )
    row = replace(row, digest=digest_of(row))
    return row, replace(
        head, number=row.number, digest=row.digest, seal=seal_of(row.number, row.digest, secret)
    )


def digest_of(row: AuditRow) -> str:
    """SHA-256 over everything in the row but its digest, in hexadecimal."""
    parts = (row.number, row.at.isoformat(), row.actor, row.tenant, row.action, row.target, row.document)
    return hashlib.sha256(json.dumps([*parts, row.previous]).encode()).hexdigest()


def seal_of(number: int, digest: str, secret: bytes) -> str:
    """HMAC-SHA-256 of the chain's end, in hexadecimal."""
    return hmac.new(secret, f"{number}:{digest}".encode(), hashlib.sha256).hexdigest()


def verify_chain(
    rows: Iterable[AuditRow], head: Head, secret: bytes, *, witness: Head | None = None
) -> AuditVerdict:
    """Read the whole chain, in order of number, and report every fault.

    Args:
        rows: All rows, ascending by number.
        head: The stored end of the chain.
        secret: What the seal was made with.
        witness: An earlier head kept outside the database; the chain must still pass through it.
    """
    faults: list[str] = []
    number, digest = 0, ""
    for row in rows:
        faults += _faults_of(row, number, digest)
        if witness is not None and row.number == witness.number and row.digest != witness.digest:
            faults.append(f"row {row.number} is not the one the witness saw")
        number, digest = row.number, row.digest
    faults += _faults_of_end(head, number, digest, secret)
    if witness is not None and number < witness.number:
        faults.append(f"the chain ends at row {number} but the witness saw row {witness.number}")
    return AuditVerdict(rows=number, head=head, faults=tuple(faults))


def _faults_of(row: AuditRow, number: int, digest: str) -> list[str]:
    faults = []
    if row.number != number + 1:
        faults.append(f"row {number + 1} is missing: row {row.number} follows row {number}")
    if row.previous != digest:
        faults.append(f"row {row.number} does not follow from row {number}: the link is broken")
    if row.digest != digest_of(row):
        faults.append(f"row {row.number} was edited: its digest does not cover what it says")
    return faults


def _faults_of_end(head: Head, number: int, digest: str, secret: bytes) -> list[str]:
    if (head.number, head.digest) != (number, digest):
        return [
            f"the chain ends at row {number} but its head names row {head.number}: rows were cut or added"
        ]
    if number and not hmac.compare_digest(head.seal, seal_of(number, digest, secret)):
        return ["the head's seal is not ours: the chain was rewritten, or the secret is another one"]
    return []
