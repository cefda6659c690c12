"""What a sites file says of a container site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.dispatch.broom import KEEP_HOURS
from api.dispatch.credential import Credential, SitePath

WRITABLE = ":rw"  # written behind the path by which containers see a mount


@dataclass(frozen=True, kw_only=True, slots=True)
class PodmanSite:
    """A machine that runs containers by Podman.

    Attributes:
        endpoint: of its `podman system service`: http://…, https://… or unix:///path/of/socket.
        token: bearer token of the front that guards the service; Podman itself asks for none.
        ca_file: certificates to trust instead of this machine's.
        image: what runs work that names no image.
        pull: fetch an image that the machine does not hold.
        manifests: folder of Pod manifests that jobs may name by the image "pod:NAME".
        mounts: folder of the machine -> where every container sees it, read-only unless ":rw" follows. Of the one that
            inputs are copied to, a container sees what is its own, and is told of it by the path that it sees.
        checkpoints: folder that this service and the machine see under the same path, for what suspended work keeps;
            without it nothing is suspended here.
        network: mode of the containers' network, such as "host", "none", "bridge"; empty for the machine's own habit.
        guard: run commands behind a guard that makes a second start do no work; images then need /bin/sh.
        init: put a small init before the command, which passes signals on and collects what is left.
        pids_max: processes in one container.
        log_cap_mib: of a container's output about this much is kept, the newest.
        keep_hours: an ended container is removed so long after its end.
        grace_seconds: between the word to end and the end.
        reserved_cpu_cores: of the machine, not for jobs.
        reserved_memory_gib: of the machine, not for jobs.
        accelerators: model id of the catalogue -> paths of the devices.
        timeout_seconds: an answer takes no longer.
    """

    endpoint: str
    token: Credential | None = None
    ca_file: SitePath | None = None
    image: str | None = None
    pull: bool = True
    manifests: SitePath | None = None
    mounts: Mapping[str, str] = field(default_factory=dict)
    checkpoints: SitePath | None = None
    network: str = ""
    guard: bool = True
    init: bool = True
    pids_max: int = 4096
    log_cap_mib: float = 10.0
    keep_hours: float = KEEP_HOURS
    grace_seconds: int = 10
    reserved_cpu_cores: float = 0.0
    reserved_memory_gib: float = 0.0
    accelerators: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timeout_seconds: float = 15.0

    def __post_init__(self) -> None:
        if not self.endpoint.startswith(("http://", "https://", "unix:///")):
            raise ValueError(f"endpoint {self.endpoint!r}: must be http://…, https://… or unix:///path")
        for name in ("pids_max", "log_cap_mib", "keep_hours", "grace_seconds", "timeout_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
        for source, place in self.mounts.items():
            path = source if not source.startswith("/") else place.removesuffix(WRITABLE)
            if not path.startswith("/") or ":" in path:
                raise ValueError(
                    f"mounts names {path!r}; paths of the machine and of containers begin with /, and only "
                    f'"{WRITABLE}" may follow that of a container'
                )
        if min(self.reserved_cpu_cores, self.reserved_memory_gib) < 0:
            raise ValueError("what is reserved must not be below 0")
