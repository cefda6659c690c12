"""What can go wrong in the store.

StoreError
├── RefusedError                      this write broke a rule: nothing of it was stored
│   ├── AlreadyExistsError            a record that must be new is there already
│   ├── NotThereError                 the record to change is not in the store
│   ├── StaleError                    the record was changed by someone else since it was read
│   ├── StaleLeaderError              the controller that writes no longer leads
│   ├── IdempotencyConflictError      the key was used before with another body
│   ├── BudgetExceededError           the tenant's money for the month would not suffice
│   ├── QuotaExceededError            the tenant has all the live jobs it may have
│   └── UnstorableError               a text that no database can hold
├── BadQueryError                     a question the store cannot answer: unknown field, bad cursor, bad limit
├── BadAddressError                   a store URL that names no store
└── UnavailableError                  the database does not do its work
    ├── StoreBusyError                too many writes are waiting; try again a little later
    ├── StoreLockedError              another process holds the database
    ├── StoreSilentError              the database is connected and does not answer
    ├── StoreFullError                no room is left on the disk
    ├── StoreReadOnlyError            the file or the server refuses writes
    ├── StoreCorruptError             the file is damaged, or is no database
    ├── StoreClosedError              it was closed
    └── WrongSchemaError              the database is newer than this program, or was never migrated
"""

from __future__ import annotations

from decimal import Decimal


class StoreError(Exception):
    """Base of every error of the store."""


class RefusedError(StoreError):
    """One write broke a rule; nothing of it was stored."""


class AlreadyExistsError(RefusedError):
    """A record that must be new is there already."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"{kind} {key!r} exists already; choose another key or change the one that is there")
        self.kind, self.key = kind, key


class NotThereError(RefusedError):
    """The record to change is not in the store."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"{kind} {key!r} is not in the store; add it before changing it")
        self.kind, self.key = kind, key


class StaleError(RefusedError):
    """The record was changed by someone else since it was read."""

    def __init__(self, kind: str, key: object, found: object, expected: object) -> None:
        super().__init__(f"{kind} {key!r} is at {found!r}, not at {expected!r} as expected; read it again")
        self.kind, self.key, self.found, self.expected = kind, key, found, expected


class StaleLeaderError(RefusedError):
    """The controller that writes no longer leads."""

    def __init__(self, epoch: int, current: int) -> None:
        super().__init__(
            f"leader epoch {epoch} is over, {current} leads now; stop and stand for election again"
        )
        self.epoch, self.current = epoch, current


class IdempotencyConflictError(RefusedError):
    """The idempotency key was used before with another body."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"idempotency key {key!r} was used with another body; send a new key with a new body"
        )
        self.key = key


class BudgetExceededError(RefusedError):
    """The tenant's money for the month would not suffice."""

    def __init__(
        self, *, tenant: str, month: str, budget_cny: Decimal, committed_cny: Decimal, asked_cny: Decimal
    ) -> None:
        super().__init__(
            f"tenant {tenant!r} has committed {committed_cny} of its {budget_cny} CNY for {month}; "
            f"{asked_cny} CNY more would break the budget by {committed_cny + asked_cny - budget_cny} CNY; "
            "raise the budget or ask for less"
        )
        self.tenant, self.month = tenant, month
        self.budget_cny, self.committed_cny, self.asked_cny = budget_cny, committed_cny, asked_cny


class QuotaExceededError(RefusedError):
    """The tenant has as many live jobs as it may have."""

    def __init__(self, *, tenant: str, jobs_max: int, jobs_live: int) -> None:
        super().__init__(
            f"tenant {tenant!r} has {jobs_live} live jobs and may have {jobs_max}; "
            "wait for some to end or raise the quota"
        )
        self.tenant, self.jobs_max, self.jobs_live = tenant, jobs_max, jobs_live


class UnstorableError(RefusedError):
    """A text that no database can hold: a NUL or half of a surrogate pair."""

    def __init__(self, kind: str, column: str, value: str) -> None:
        super().__init__(f"{kind}.{column} is {value[:60]!r}; no NUL and no lone surrogate may be stored")
        self.kind, self.column = kind, column


class BadQueryError(StoreError):
    """A question the store cannot answer: unknown field, bad cursor, bad limit."""


class BadAddressError(StoreError):
    """A store URL that names no store."""


class UnavailableError(StoreError):
    """The database does not do its work.

    Whether a write under way was committed may be unknown: repeat it with its idempotency key.
    """


class StoreBusyError(UnavailableError):
    """Too many writes are waiting; try again a little later."""


class StoreLockedError(UnavailableError):
    """Another process holds the database."""


class StoreSilentError(UnavailableError):
    """The database is connected and does not answer."""


class StoreFullError(UnavailableError):
    """No room is left on the disk."""


class StoreReadOnlyError(UnavailableError):
    """The file or the server refuses writes."""


class StoreCorruptError(UnavailableError):
    """The file is damaged, or is no database."""


class StoreClosedError(UnavailableError):
    """The store was closed."""


class WrongSchemaError(UnavailableError):
    """The database is newer than this program, or was never migrated."""
