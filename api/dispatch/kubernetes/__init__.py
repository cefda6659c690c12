"""Runs attempts as Jobs of a Kubernetes cluster, through its API server.

Written against the published schema of batch/v1 and core/v1 and held to it in tests, beside an imitation of an API
server. It was not run against a cluster: there was none to be had.
"""

from api.dispatch.kubernetes.backend import KUBERNETES, KubernetesBackend
from api.dispatch.kubernetes.settings import KubernetesSite

__all__ = ["KUBERNETES", "KubernetesBackend", "KubernetesSite"]
