"""What a sites file says of a Kubernetes site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.dispatch.credential import Credential, SitePath


@dataclass(frozen=True, kw_only=True, slots=True)
class KubernetesSite:
    """A Kubernetes cluster.

    Attributes:
        endpoint: of its API server.
        token: bearer token of a service account that may get, list, create and patch jobs, and get and list pods,
            their logs, and nodes.
        ca_file: certificates of the cluster.
        namespace: where the jobs are.
        image: what runs work that names no image.
        scheduler: name of the cluster's scheduler for the pods, such as one that starts gangs whole; empty for its own.
        priority_class: of the pods; empty for the namespace's own.
        volumes: name of a PersistentVolumeClaim -> the path under which this service sees it; what of a job's inputs
            and checkpoint lies below that path its pods see under the same.
        checkpoints: folder in one of the volumes, for what suspended work keeps; without it nothing is suspended here.
        accelerators: model id of the catalogue -> name of the resource, such as "nvidia.com/gpu".
        selectors: model id -> labels of the nodes that hold it, where the resource's name does not tell.
        grace_seconds: between the word to end and the end.
        keep_hours: how long an ended job can be looked up.
        timeout_seconds: an answer takes no longer.
    """

    endpoint: str
    token: Credential | None = None
    ca_file: SitePath | None = None
    namespace: str = "default"
    image: str | None = None
    scheduler: str = ""
    priority_class: str = ""
    volumes: Mapping[str, SitePath] = field(default_factory=dict)
    checkpoints: SitePath | None = None
    accelerators: Mapping[str, str] = field(default_factory=dict)
    selectors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    grace_seconds: int = 30
    keep_hours: float = 168.0
    timeout_seconds: float = 15.0

    def __post_init__(self) -> None:
        if not self.endpoint.startswith(("http://", "https://")):
            raise ValueError(f"endpoint {self.endpoint!r}: must be http://… or https://…")
        for name in ("grace_seconds", "keep_hours", "timeout_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
        kept = self.checkpoints
        if kept is not None and not any(kept.is_relative_to(path) for path in self.volumes.values()):
            raise ValueError(f"checkpoints {kept}: must lie in one of volumes, so that pods see it too")
        for model in self.selectors:
            if model not in self.accelerators:
                raise ValueError(f"selectors names {model!r}, which accelerators does not map; map it there")
