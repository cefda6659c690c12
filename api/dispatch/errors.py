"""What can go wrong between the loop and what runs the work.

DispatchError
├── BackendSilent         no answer: nothing is known, least of all that anything failed
│   └── CredentialMissing a secret is not where it should be read from, so nobody can be asked
├── StartRefused          the backend will not run this attempt, now or ever; the message says why
├── StaleAttempt          a later attempt of the same job was started: this one must not
├── UnknownAttempt        the backend never heard of it (logs)
└── BackendUnsupported    this machine cannot carry the backend
"""

from __future__ import annotations


class DispatchError(Exception):
    """Base of every error of a backend."""


class BackendSilent(DispatchError):  # noqa: N818  (states what is so, not what failed)
    """The backend did not answer, so that nothing is known: the work may be running."""


class CredentialMissing(BackendSilent):
    """A secret is not where it should be read from: the site cannot be asked, which says nothing of its work."""

    def __init__(self, place: str, why: str) -> None:
        """Name the place, never the secret."""
        super().__init__(f"no credential can be read from {place}: {why}; put it there")


class StartRefused(DispatchError):  # noqa: N818
    """The backend will not run an attempt; trying again changes nothing."""


class StaleAttempt(StartRefused):
    """A later attempt of the job was started before."""

    def __init__(self, attempt: str, token: int, newest: int) -> None:
        """Name the attempt and both fencing tokens."""
        self.attempt, self.token, self.newest = attempt, token, newest
        super().__init__(
            f"attempt {attempt} carries token {token}, but token {newest} was started; drop this one"
        )


class UnknownAttempt(DispatchError):  # noqa: N818
    """The backend never heard of an attempt."""

    def __init__(self, attempt: str) -> None:
        """Name the attempt."""
        self.attempt = attempt
        super().__init__(f"attempt {attempt} is not known here; it was never started, or was cleaned away")


class BackendUnsupported(DispatchError):  # noqa: N818
    """This machine lacks what the backend needs."""
