"""A real PostgreSQL for controllers that share one."""

from tests.api.store.conftest import postgres_url

__all__ = ["postgres_url"]
