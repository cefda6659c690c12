"""Settings: what an operator may choose, read once at start from EDWC_… variables and the command line."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every knob of the service, with the value it has when nobody turns it."""

    model_config = SettingsConfigDict(env_prefix="EDWC_", frozen=True, extra="ignore")

    store: str = Field(default="sqlite:///edwc.db", description="memory://, sqlite:///path or postgresql://…")
    store_wait_seconds: float = Field(
        default=30.0,
        ge=0,
        description="How long a PostgreSQL that does not answer is waited for at the start.",
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    catalogue: str = Field(default="china", description="Catalogue folder, or a built-in name.")
    secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs quotes, keys and the audit chain; the same for every process on one store. "
        "Empty: kept in a file beside a SQLite store.",
    )
    data: str = Field(
        default="",
        description="Folder of local work, one for all controllers of a machine; empty: beside the SQLite store.",
    )
    sites: str = Field(default="", description="Sites file (TOML); sites not in it are served locally.")

    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    log_json: bool = Field(default=True, description="One JSON object a line; else words for people.")
    otlp_endpoint: str = Field(default="", description="OpenTelemetry collector (HTTP); empty: no traces.")

    body_bytes_max: int = Field(default=8 * 2**20, ge=1024, description="Largest body of jobs.")
    small_body_bytes_max: int = Field(
        default=64 * 2**10, ge=1024, description="Largest body of anything else."
    )
    batch_max: int = Field(default=1000, ge=1, le=1000)
    requests_per_second: float = Field(
        default=10_000.0, gt=0, description="Rate of a key whose tenant has none."
    )
    burst_seconds: float = Field(default=2.0, gt=0, description="How many seconds' rate a key may save up.")
    key_cache_seconds: float = Field(default=5.0, ge=0, description="How long a revoked key may still work.")

    idempotency_hours: float = Field(default=24.0, gt=0)
    quote_minutes: float = Field(default=15.0, gt=0, description="How long a quote is valid.")
    quote_hours: float = Field(default=72.0, gt=0, le=168, description="How far ahead a quote looks.")
    market_refresh_seconds: float = Field(
        default=5.0, gt=0, description="How often quotes look for a newer plan."
    )
    heartbeat_seconds: float = Field(
        default=15.0, gt=0, description="Silence after which an event stream says so."
    )
    drain_seconds: int = Field(
        default=10, ge=0, description="How long requests under way may take at the end."
    )

    input_sources: tuple[str, ...] = Field(
        default=(),
        description="Beginnings of URLs that jobs' data may be read from, as a JSON list; empty: from nowhere.",
    )

    site_silence_seconds: float = Field(
        default=60.0, ge=20, description="A site that has said nothing for this long is lost."
    )
    abandon_seconds: float = Field(
        default=300.0, ge=0, description="A job whose sites are all lost for this long begins anew elsewhere."
    )

    time_scale: float = Field(default=1.0, gt=0, description="Simulated jobs take their runtime times this.")

    scenarios_max: int = Field(default=1, ge=0, le=16, description="What-ifs run at once; 0: none at all.")
    scenario_minutes: float = Field(default=30.0, gt=0, description="Longest replay of a what-if.")
    scenario_memory_gib: float = Field(default=8.0, gt=0, description="Address space of a replay.")
