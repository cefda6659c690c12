"""Data in an S3 store reaches a job: a real server on loopback, read by the client that users have."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from fsspec import get_filesystem_class

from api.staging import Copier, Copy, NamedInput, SourceGone, Stager, WrongChecksum

DATA = bytes(range(256)) * 8192
DIGEST = hashlib.sha256(DATA).hexdigest()
START_SECONDS = 60.0


class Bucket:
    """A bucket of a server that can be killed."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        server = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
        self.process = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with suppress(httpx.TransportError):
                httpx.put(f"{self.url}/sets", trust_env=False).raise_for_status()
                return
            time.sleep(0.05)
        self.kill()
        raise AssertionError(f"no S3 server after {START_SECONDS} s")

    def put(self, name: str, data: bytes) -> str:
        httpx.put(f"{self.url}/sets/{name}", content=data, trust_env=False).raise_for_status()
        return f"s3://sets/{name}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    if find_spec("s3fs") is None or find_spec("moto") is None:
        if "s3" in os.environ.get("EDWC_REQUIRE", "").split(","):
            pytest.fail("S3 not exercised, though EDWC_REQUIRE asks for it: install the extras by `make ray`")
        pytest.skip("S3 not exercised: install the extras by `make ray`")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bucket = Bucket(port)
    yield bucket
    bucket.kill()


@pytest.fixture
def bucket(server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    forget_clients()
    for name, value in {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "reader",
        "AWS_SECRET_ACCESS_KEY": "sesame",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return server


def forget_clients() -> None:
    """A client is kept for its settings; these have changed."""
    get_filesystem_class("s3").clear_instance_cache()


def copy(source: str, target: Path, sha256: str = "") -> int:
    return asyncio.run(Copier().copy(Copy(source=source, target=target, sha256=sha256))).moved_bytes


@pytest.mark.slow
def test_an_object_arrives_whole_checked_and_only_once(bucket: Bucket, tmp_path: Path) -> None:
    source = bucket.put("whole.bin", DATA)
    assert copy(source, tmp_path / "input.0", DIGEST) == len(DATA)
    assert (tmp_path / "input.0").read_bytes() == DATA
    assert copy(source, tmp_path / "input.0", DIGEST) == 0


@pytest.mark.slow
def test_a_copy_that_was_cut_short_goes_on_behind_what_has_arrived(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "input.0.part").write_bytes(DATA[:1_500_000])
    assert copy(bucket.put("cut.bin", DATA), tmp_path / "input.0", DIGEST) == len(DATA) - 1_500_000
    assert (tmp_path / "input.0").read_bytes() == DATA


@pytest.mark.slow
def test_other_bytes_than_promised_are_not_kept(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(WrongChecksum):
        copy(bucket.put("other.bin", b"other"), tmp_path / "input.0", DIGEST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_job_finds_its_object_and_no_other_bucket_is_read(bucket: Bucket, tmp_path: Path) -> None:
    stager = Stager(mover=Copier(), root=tmp_path, sources=("s3://sets/",))
    named = NamedInput(number=0, url=bucket.put("named.bin", DATA), sha256=DIGEST)
    found = asyncio.run(stager.stage("att_1", "west", [named], {0: 1.0}))
    assert Path(found["EDWC_INPUT_0"]).read_bytes() == DATA
    with pytest.raises(Exception, match="taken from s3://sets/ only"):
        asyncio.run(stager.stage("att_2", "west", [NamedInput(number=0, url="s3://secrets/x")], {}))


@pytest.mark.slow
def test_what_cannot_be_read_is_told_whatever_the_client_raises(bucket: Bucket, tmp_path: Path) -> None:
    """An object that is not there, no key to ask with, and a server that is gone: each has an error of its own."""
    with pytest.raises(SourceGone, match="s3://sets/none"):
        copy("s3://sets/none", tmp_path / "input.0")
    with pytest.MonkeyPatch.context() as without:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            without.delenv(name)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            without.setenv(name, str(tmp_path / "none"))
        without.setenv("AWS_EC2_METADATA_DISABLED", "true")
        forget_clients()
        with pytest.raises(SourceGone, match="credentials"):
            copy("s3://sets/none", tmp_path / "input.0")
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        forget_clients()
        with pytest.raises(SourceGone, match=r"127\.0\.0\.1:9"):
            copy("s3://sets/none", tmp_path / "input.0")
