"""The description: the OpenAPI document, with jobs described from the scheduler's own validator."""

from __future__ import annotations

import inspect
import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.wire.jobs import BatchReceipt, JobView
from api.wire.operations import KeyRequest, ScenarioRequest, SiteChange, TenantChange, TenantRequest
from api.wire.problem import Problem
from scheduler.document import job_adapter

_REF = "#/components/schemas/{model}"
_BODIES = (KeyRequest, ScenarioRequest, SiteChange, TenantChange, TenantRequest)
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)$", re.MULTILINE)
_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, `edwc_…`, made by `edwc admin key` or POST /v1/admin/keys. "
    "Its scopes (submit, read, operate, audit, admin) say what it may do; none includes another.",
}
JOB_EXAMPLE = {
    "name": "render-42",
    "demand": {"cpu_cores": 8, "memory_gib": 32},
    "variants": [{"runtime_minutes": 90}],
    "labels": {"project": "film"},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an app, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=app.routes,
            openapi_version="3.1.0",
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas.update(_job_schemas())
        for mode, kinds in (("validation", _BODIES), ("serialization", (Problem, JobView, BatchReceipt))):
            _, found = models_json_schema([(kind, mode) for kind in kinds], ref_template=_REF)  # type: ignore[misc]
            schemas.update(found["$defs"])
        schemas["JobView"]["properties"]["job"] = {"$ref": _REF.format(model="Job")}
        document["components"]["securitySchemes"] = {"key": _KEY}
        _secure(app, document)
        app.openapi_schema = document
    return app.openapi_schema


def _job_schemas() -> dict[str, Any]:
    """Return the schemas of a job and its parts, each field described from the docstring that defines it."""
    schema = job_adapter().json_schema(ref_template=_REF)
    schemas = {**schema.pop("$defs"), "Job": schema}
    for part in schemas.values():
        text = inspect.cleandoc(part.get("description", ""))
        part["description"] = text.partition("\nAttributes:")[0].strip()
        for name, words in _ATTRIBUTE.findall(text):
            if name in part.get("properties", {}):
                part["properties"][name]["description"] = " ".join(words.split())
    schemas["Job"]["examples"] = [JOB_EXAMPLE]
    return schemas


def _secure(app: FastAPI, document: dict[str, Any]) -> None:
    """Say which scope each guarded operation needs."""
    for route in app.routes:
        scope = getattr(getattr(route, "endpoint", None), "scope", None)
        if scope is None:
            continue
        for method in route.methods:  # type: ignore[attr-defined]
            operation = document["paths"][route.path][method.lower()]  # type: ignore[attr-defined]
            operation["security"] = [{"key": []}]
            operation["x-scope"] = scope.value
