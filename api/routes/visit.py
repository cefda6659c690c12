"""Visit: one authenticated request; and the route class that lets nobody in before they have shown a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Caller, Scope
from api.errors import ForbiddenError, InvalidFieldError, UnauthorizedError
from api.limits import read_body, read_json
from api.service import Service
from api.wire import model
from api.wire.problem import Problem

Body = TypeVar("Body", bound=model.Request)
Endpoint = TypeVar("Endpoint", bound=Callable[..., Awaitable[Any]])

_ALWAYS = (401, 403, 422, 429, 503)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a known caller.

    Attributes:
        request: as it came.
        service: what answers it.
        caller: whose key it shows.
        now: when it came.
    """

    request: Request
    service: Service
    caller: Caller
    now: datetime

    @property
    def tenant(self) -> str:
        """The caller's tenant."""
        return self.caller.name

    async def still_allowed(self, scope: Scope) -> bool:
        """Whether the key would be let in again now: what stays open asks before it says more."""
        try:
            header = self.request.headers.get("authorization", "")
            (await self.service.keyring.recognise(header, self.service.clock())).require(scope)
        except (UnauthorizedError, ForbiddenError):
            return False
        return True

    async def body(self, bytes_max: int | None = None) -> bytes:
        """Return the body, checked for type, size and unstorable text; see `limits.read_body`."""
        return await read_body(self.request, bytes_max or self.service.settings.small_body_bytes_max)

    async def read(self, kind: type[Body], *, empty: bool = False) -> Body:
        """Return the body as a document; an empty one counts as {} where `empty` is allowed.

        Raises:
            InvalidFieldError: a field breaks a rule.
        """
        if empty and "content-type" not in self.request.headers:
            return kind()
        document = read_json(await self.body())
        try:
            return kind.model_validate(document)
        except ValidationError as error:
            raise _refusal(error) from None


def _refusal(error: ValidationError) -> InvalidFieldError:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    first = faults[0]
    field = ".".join(str(step) for step in first["loc"]) or "body"
    told = [
        {"field": ".".join(str(step) for step in fault["loc"]), "detail": fault["msg"]} for fault in faults
    ]
    return InvalidFieldError(field, f"{field}: {first['msg']}", faults=told if len(told) > 1 else ())


async def admit(request: Request, scope: Scope) -> Visit:
    """Return the visit of a request that may go on.

    Raises:
        UnauthorizedError: it shows no valid key.
        ForbiddenError: the key lacks the scope.
        TooManyRequestsError: the key has asked too often.
        InvalidFieldError: a query parameter holds a NUL.
    """
    service: Service = request.app.state.service
    now = service.clock()
    caller = await service.keyring.recognise(request.headers.get("authorization", ""), now)
    rate = caller.tenant.requests_per_second or service.settings.requests_per_second
    service.limiter.take(caller.key.prefix, rate)
    caller.require(scope)
    if b"%00" in request.scope["query_string"]:
        name = next(name for name, text in request.query_params.multi_items() if "\0" in name + text)
        raise InvalidFieldError(name.replace("\0", "?")[:60], "a parameter holds a NUL; leave it out")
    return Visit(request, service, caller, now)


async def _visit(request: Request) -> Visit:
    return cast(Visit, request.state.visit)


Visiting = Annotated[Visit, Depends(_visit)]


def needs(scope: Scope) -> Callable[[Endpoint], Endpoint]:
    """Mark an endpoint with the scope it needs."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.scope = scope  # type: ignore[attr-defined]
        return endpoint

    return mark


class GuardedRoute(APIRoute):
    """A route that checks the key before it looks at anything else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the guard; an unmarked endpoint is open to all."""
        answer = self._answer()
        scope: Scope | None = getattr(self.endpoint, "scope", None)
        if scope is None:
            return answer

        async def guarded(request: Request) -> Response:
            request.state.visit = await admit(request, scope)
            try:
                return await answer(request)
            finally:
                # Each knows the other: left so, only a stop of the whole process for its garbage would free them.
                del request.state.visit

        return guarded

    def _answer(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return super().get_route_handler()


class DirectRoute(GuardedRoute):
    """A guarded route whose endpoint takes the visit and returns the response: the hot paths."""

    def _answer(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint = self.endpoint

        async def answer(request: Request) -> Response:
            return cast(Response, await endpoint(request.state.visit))

        return answer


def refusals(*statuses: int, always: bool = True) -> dict[int | str, dict[str, Any]]:
    """Return the problem answers of a route, for its description.

    Args:
        statuses: beyond those every guarded route may give.
        always: whether those are added.
    """
    every = sorted({*statuses, *(_ALWAYS if always else ())})
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANING[status], "content": content} for status in every}


def body_of(kind: type[model.Request], *, required: bool = True) -> dict[str, Any]:
    """Return the description of a route's JSON body."""
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


_MEANING = {
    400: "The body is not JSON.",
    401: "No valid API key.",
    403: "The key lacks the scope, or its tenant is suspended.",
    404: "There is no such thing, for this tenant.",
    409: "The thing is not in a state that allows this, or a budget or quota would be broken.",
    413: "The body, the batch or its nesting is too large.",
    415: "Another content type or encoding than plain application/json.",
    422: "A field breaks a rule; `field` names it.",
    429: "The key's rate is used up; see Retry-After.",
    503: "The store does not answer, or a part is not configured; see Retry-After.",
}
BODY = (400, 413, 415)
__all__ = [
    "BODY",
    "DirectRoute",
    "GuardedRoute",
    "Problem",
    "Visit",
    "Visiting",
    "admit",
    "body_of",
    "needs",
    "refusals",
]
