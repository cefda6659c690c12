"""What a sites file says of a Ray site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.dispatch.broom import KEEP_HOURS
from api.dispatch.credential import Credential, SitePath


@dataclass(frozen=True, kw_only=True, slots=True)
class RaySite:
    """A Ray cluster.

    Attributes:
        endpoint: of its head's dashboard, which takes jobs.
        token: the cluster's token, when it runs with RAY_AUTH_MODE=token.
        ca_file: certificates to trust instead of this machine's.
        claims: folder on the cluster where running work is claimed; every node must see the same one.
        checkpoints: folder that this service and every node see under the same path, for what suspended work keeps;
            without it nothing is suspended here.
        accelerators: model id of the catalogue -> Ray's resource, such as "GPU", "NPU" or one of the cluster's own.
        log_cap_mib: of a job's output this much is kept, the oldest.
        keep_hours: claims, output and names of attempts are cleaned away so long after their end.
        grace_seconds: between the word to end at the time limit and the end.
        reserved_cpu_cores: of the cluster, not for jobs.
        reserved_memory_gib: of the cluster, not for jobs.
        timeout_seconds: an answer takes no longer.
    """

    endpoint: str
    token: Credential | None = None
    ca_file: SitePath | None = None
    claims: str = "/tmp/edwc-claims"  # noqa: S108  (a folder of the cluster, made for one user)
    checkpoints: SitePath | None = None
    accelerators: Mapping[str, str] = field(default_factory=dict)
    log_cap_mib: float = 10.0
    keep_hours: float = KEEP_HOURS
    grace_seconds: int = 10
    reserved_cpu_cores: float = 0.0
    reserved_memory_gib: float = 0.0
    timeout_seconds: float = 15.0

    def __post_init__(self) -> None:
        if not self.endpoint.startswith(("http://", "https://")):
            raise ValueError(f"endpoint {self.endpoint!r}: must be http://… or https://…")
        if not self.claims.startswith("/"):
            raise ValueError(f"claims {self.claims!r}: must be a whole path, such as /shared/edwc-claims")
        for name in ("log_cap_mib", "keep_hours", "grace_seconds", "timeout_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
        if min(self.reserved_cpu_cores, self.reserved_memory_gib) < 0:
            raise ValueError("what is reserved must not be below 0")
