"""A service seen through its door: callers with keys, and a clock that the test moves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from api.app import build_app, wrap
from api.auth import Scope
from api.bootstrap import open_service, welcome
from api.settings import Settings
from api.store import Put, Tenant, migrate
from topology import Catalogue

T = TypeVar("T")
NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)  # 12:00 in China
JOB = {"name": "job", "demand": {"cpu_cores": 8, "memory_gib": 32}, "variants": [{"runtime_minutes": 60}]}


def job(name: str = "job", **fields: Any) -> dict[str, Any]:
    """A job of eight cores for an hour."""
    return {**JOB, "name": name, **fields}


class Caller:
    """Somebody with a key."""

    def __init__(self, house: House, key: str, app: Any) -> None:
        self.house, self.key = house, key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://edwc", headers=headers)

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        return self.house.run(self._http.request(method, path, **how))

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self.ask("GET", path, **how)

    def post(self, path: str, json: Any = None, **how: Any) -> httpx.Response:
        return self.ask("POST", path, **({"json": json} if json is not None else {}), **how)

    def submit(self, document: Any = None, **how: Any) -> dict[str, Any]:
        answer = self.post("/v1/jobs", json=document or job(), **how)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        text = self.get("/v1/events", params={"after": after, "wait": "false"}).text
        return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


class House:
    """One service in memory."""

    def __init__(self, catalogue: Catalogue, **parts: Any) -> None:
        self.now = NOON
        self._runner = asyncio.Runner()
        given = {"store": "memory://", "key_cache_seconds": 0, **parts.pop("settings", {})}
        self._open = lambda: open_service(Settings(**given), clock=self.clock, catalogue=catalogue, **parts)
        migrate(given["store"], now=self.now)
        self.service = self._open()
        self.app = wrap(build_app(self.service))
        new = self.run(welcome(self.service.store, self.service.secret, self.now))
        assert new is not None
        self.boss = Caller(self, new.text, self.app)
        self.stranger = Caller(self, "", self.app)

    def restart(self) -> None:
        """Close the service and open it again on the same store."""
        self.run(self.service.store.close())
        self.service = self._open()
        self.app = wrap(build_app(self.service))
        self.boss = Caller(self, self.boss.key, self.app)

    def clock(self) -> datetime:
        """A millisecond passes whenever somebody looks, so that things have an order."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def run(self, act: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(act)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def tenant(self, name: str, **fields: Any) -> Caller:
        """A tenant with a key for everything but administration."""
        self.write(Put(record=Tenant(name=name, created_at=self.now, **fields)))
        return self.caller(name, Scope.SUBMIT, Scope.READ)

    def caller(self, tenant: str, *scopes: Scope, **fields: Any) -> Caller:
        new = self.service.keyring.make(tenant=tenant, scopes=scopes, now=self.now, **fields)
        self.write(Put(record=new.record))
        return Caller(self, new.text, self.app)

    def write(self, *changes: Any) -> None:
        self.run(self.service.store.write(*changes))

    def read(self, query: Any) -> Any:
        return self.run(self.service.store.read(query))

    def close(self) -> None:
        self.run(self.service.store.close())
        self._runner.close()
