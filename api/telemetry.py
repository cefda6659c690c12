"""Telemetry: OpenTelemetry traces, only when an endpoint is configured and the `telemetry` extra is installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from api.errors import SettingsError
from api.settings import Settings

SERVICE_NAME = "edwc"


def telemetry_of(settings: Settings) -> dict[str, Any]:
    """Return what the web framework's own instrumentation is told; nothing is traced without an endpoint.

    Raises:
        SettingsError: an endpoint is configured and the extra is not installed.
    """
    if not settings.otlp_endpoint:
        return {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
    try:
        trace = import_module("opentelemetry.sdk.trace")
        batch = import_module("opentelemetry.sdk.trace.export").BatchSpanProcessor
        resource = import_module("opentelemetry.sdk.resources").Resource
        exporter = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter
    except ImportError:
        raise SettingsError(
            f"EDWC_OTLP_ENDPOINT is {settings.otlp_endpoint!r}, but traces are not installed; "
            "install edwc[telemetry], or leave the variable empty"
        ) from None
    provider = trace.TracerProvider(resource=resource.create({"service.name": SERVICE_NAME}))
    provider.add_span_processor(batch(exporter(endpoint=settings.otlp_endpoint)))
    return {"tracer_provider": provider, "metrics": False, "logs": False, "auto_configure": False}
