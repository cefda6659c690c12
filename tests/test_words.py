"""Words are tested: Python examples in README and docs run, and console examples print what they say.

A fenced block `python` is executed. A fenced block `console` holds `$ command` lines, each followed by what it
prints, where `...` stands for anything; `console service` is run beside a service of its own, `console slow` with the
slow tests. A block whose text names `../shared` is skipped where that folder is missing.
"""

import doctest
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import httpx
import pytest
from _pytest.mark.structures import ParameterSet

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(python|console)( slow| service)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND_SECONDS = 150


def blocks() -> list[ParameterSet]:
    """(page and line, language, text) of every example; one that is marked `slow` runs with the slow tests."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            where = f"{page.relative_to(ROOT)}:{line}"
            marks = [pytest.mark.slow] if match[2] == " slow" else []
            language = match[1] + (match[2] or "").replace(" slow", "")
            found.append(pytest.param(where, language, match[3], id=where, marks=marks))
    return found


def commands(text: str) -> list[tuple[str, str]]:
    """Each `$ command` of a console block with the output that is promised below it."""
    parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", text, flags=re.MULTILINE)
    return [
        (command.replace("\\\n", " "), wanted)
        for command, wanted in zip(parts[1::2], parts[2::2], strict=True)
    ]


@contextmanager
def service(folder: Path) -> Iterator[dict[str, str]]:
    """What a shell beside a freshly started service knows: its address and the key that it printed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    edwc = [sys.executable, "-m", "edwc", "serve", "--port", port, "--store", f"sqlite:///{folder}/words.db"]
    server = subprocess.Popen(edwc, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        key = next(found[0] for line in server.stdout if (found := re.search(r"edwc_\w+", line)))
        address = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx.get(f"{address}/healthz", timeout=1)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield {"EDWC_API_KEY": key, "EDWC_URL": address}
    finally:
        server.terminate()
        server.communicate(timeout=30)


def run(command: str, folder: Path, knows: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = command.replace("http://127.0.0.1:8000", knows.get("EDWC_URL", "http://127.0.0.1:8000"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shared = ROOT.parent / "shared"
    return subprocess.run(
        ["bash", "-c", command.replace("../shared", shlex.quote(str(shared)))],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "120", "NO_COLOR": "1", **knows},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


@pytest.mark.parametrize(("where", "language", "text"), blocks())
def test_an_example_does_what_the_page_says(where: str, language: str, text: str, tmp_path: Path) -> None:
    if "../shared" in text and not (ROOT.parent / "shared").is_dir():
        pytest.skip("reads ../shared, which is not here")
    if language == "python":
        exec(compile(text, where, "exec"), {"__name__": "__main__"})
        return
    checker = doctest.OutputChecker()
    with service(tmp_path) if language == "console service" else nullcontext({}) as knows:
        run_all(where, text, tmp_path, knows, checker)


def test_both_readmes_give_the_same_commands() -> None:
    def given(page: str) -> list[str]:
        text = (ROOT / page).read_text(encoding="utf-8")
        return [
            command
            for block in re.findall(r"^```console.*?^```", text, re.M | re.S)
            for command, _ in commands(block)
        ]

    assert given("README.zh-CN.md") == given("README.md")


def run_all(
    where: str, text: str, folder: Path, knows: dict[str, str], checker: doctest.OutputChecker
) -> None:
    for command, wanted in commands(text):
        done = run(command, folder, knows)
        printed = done.stdout + done.stderr
        assert done.returncode == 0, f"{where}: `{command}` exited {done.returncode}:\n{printed}"
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        assert checker.check_output(wanted, printed, flags), (
            f"{where}: `{command}` printed\n{printed}\nnot\n{wanted}"
        )
