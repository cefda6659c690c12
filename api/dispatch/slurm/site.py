"""What a sites file says of a Slurm site."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass, field

from api.dispatch.broom import KEEP_HOURS
from api.dispatch.credential import Credential, SitePath

TOKEN_SECONDS = 1800.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SlurmSite:
    """The keys of a [[site]] with backend = "slurm".

    Attributes:
        endpoints: base URLs of its slurmrestd, one or several; the load is spread over them.
        folder: a folder that this service and every node see under the same path, writable by `user`. It must exist:
            name one inside the shared disk, not where that is mounted, so that a disk that is missing is noticed.
        key: the cluster's JWT key (HS256), from which short-lived tokens are made; or
        token: a token made by others, read again whenever it changes.
        user: in whose name work runs.
        partition: where; by default the cluster's own default.
        account: who pays within Slurm.
        accelerators: model of the catalogue -> type of the gres "gpu" at the cluster.
        environment: added to the environment of every attempt.
        api_version: of slurmrestd.
        beat_seconds: how often an attempt shows that it lives, and looks whether it is cancelled.
        stale_seconds: an attempt that Slurm gave up and that has not shown itself for so long is dead.
        grace_seconds: between the word to end and the end.
        log_mib: of each stream of each attempt this much is kept.
        keep_hours: papers and output of attempts are cleaned away so long after they were settled.
        connect_seconds: for a connection.
        answer_seconds: for an answer; a controller that is down is told of after 9 s.
    """

    endpoints: tuple[str, ...]
    folder: SitePath
    key: Credential | None = None
    token: Credential | None = None
    user: str = field(default_factory=getpass.getuser)
    partition: str = ""
    account: str = ""
    accelerators: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    api_version: str = "v0.0.38"
    beat_seconds: float = 5.0
    stale_seconds: float = 30.0
    grace_seconds: int = 10
    log_mib: float = 10.0
    keep_hours: float = KEEP_HOURS
    connect_seconds: float = 2.0
    answer_seconds: float = 15.0

    def __post_init__(self) -> None:
        if not self.endpoints:
            raise ValueError('endpoints is empty; name at least one, such as "http://127.0.0.1:6820"')
        if (self.key is None) == (self.token is None):
            raise ValueError(
                'needs key = {file = "PATH"} to make tokens from, or token = {...}, one of the two'
            )
        for name in (
            "beat_seconds",
            "grace_seconds",
            "log_mib",
            "keep_hours",
            "connect_seconds",
            "answer_seconds",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
        if self.stale_seconds < 3 * self.beat_seconds:
            raise ValueError(
                f"stale_seconds is {self.stale_seconds:g}; it must be at least three beats of {self.beat_seconds:g} s"
            )
