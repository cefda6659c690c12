"""Load on one address: by wrk where it is installed, else by a driver in this process; the same figures from both."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SCRIPT = """
local number = 0
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function request()
  number = number + 1
  wrk.headers["Idempotency-Key"] = KEYED and ("%(run)s-" .. id .. "-" .. number) or nil
  return wrk.format()
end
function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format('\\n{"requests": %%d, "seconds": %%f, "failed": %%d, "p50": %%f, "p99": %%f}\\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What is asked, again and again.

    Attributes:
        url: whole address.
        key: API key.
        method: HTTP method.
        body: JSON.
        connections: kept busy at once.
        seconds: for how long.
        keyed: each request has an Idempotency-Key of its own.
    """

    url: str
    key: str
    method: str = "GET"
    body: str = ""
    connections: int = 64
    seconds: float = 5.0
    keyed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What came of it: requests answered, those a second that did not fail, and latencies [ms]."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int


def put(load: Load) -> Measured:
    """Put a load on the service and measure."""
    return _by_wrk(load) if shutil.which("wrk") else asyncio.run(_by_hand(load))


def _by_wrk(load: Load) -> Measured:
    run = f"{time.time_ns():x}"
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        head = [f"KEYED = {str(load.keyed).lower()}", f'wrk.method = "{load.method}"']
        head += [f'wrk.headers["Authorization"] = "Bearer {load.key}"']
        if load.body:
            head += [
                'wrk.headers["Content-Type"] = "application/json"',
                f"wrk.body = {json.dumps(load.body)}",
            ]
        script.write("\n".join(head) + SCRIPT % {"run": run})
        script.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{load.connections}",
            f"-d{load.seconds:g}s",
            "--timeout",
            "10s",
            "-s",
            script.name,
        ]
        printed = subprocess.run([*command, load.url], capture_output=True, text=True, check=True).stdout
    told = json.loads(next(line for line in printed.splitlines() if line.startswith('{"requests"')))
    return Measured(
        requests=told["requests"],
        per_second=(told["requests"] - told["failed"]) / told["seconds"],
        p50_ms=told["p50"],
        p99_ms=told["p99"],
        failed=told["failed"],
    )


async def _by_hand(load: Load) -> Measured:
    parts = urlsplit(load.url)
    took: list[float] = []
    failed, run, end = 0, f"{time.time_ns():x}", time.perf_counter() + load.seconds

    async def one(line: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        number = 0
        while time.perf_counter() < end:
            number += 1
            began = time.perf_counter()
            writer.write(_request(load, parts.path, f"{run}-{line}-{number}"))
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(size.split(b":")[1]))
            took.append((time.perf_counter() - began) * 1e3)
            failed += int(head.split(b" ", 2)[1]) >= 400
        writer.close()

    await asyncio.gather(*(one(line) for line in range(load.connections)))
    took.sort()
    return Measured(
        requests=len(took),
        per_second=(len(took) - failed) / load.seconds,
        p50_ms=took[len(took) // 2],
        p99_ms=took[int(len(took) * 0.99)],
        failed=failed,
    )


def _request(load: Load, path: str, key: str) -> bytes:
    body = load.body.encode()
    lines = [f"{load.method} {path} HTTP/1.1", "Host: edwc", f"Authorization: Bearer {load.key}"]
    lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"] if body else []
    lines += [f"Idempotency-Key: {key}"] if load.keyed else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def folder_for(name: str) -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder on a disk, not in memory, so that durable means durable."""
    base = Path("/var/tmp")
    return tempfile.TemporaryDirectory(prefix=f"edwc-{name}-", dir=base if base.is_dir() else None)
