"""The sites of examples/local-sites.toml on this machine, until Ctrl-C: `python -m tests.api.dispatch.local_sites`.

Three Slurm clusters with a controller, nodes and REST fronts of their own, and one machine that runs containers, all on
loopback. Keys lie where the sites file looks for them, and are gone at the end with all the rest. `... lose SITE` has
whoever brought them up kill all of one Slurm site, with all that runs there, as a fire would.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from tests.api.dispatch.podman.machine import NoPodmanError, running_machine
from tests.api.dispatch.slurm_site import NoSlurmError, Shape, SlurmSite, running_sites

BASE = Path("/tmp/edwc-sites")
PODMAN_PORT = 17840
SHAPES = {
    "west": Shape(nodes=2, cpus=16, memory_mib=64_000, gpus=8, fronts=2, front_ports=(17801, 17802)),
    "hub": Shape(
        nodes=4, cpus=16, memory_mib=64_000, gpus=8, gpu_type="h800", fronts=1, front_ports=(17811,)
    ),
    "edge": Shape(nodes=1, cpus=8, memory_mib=16_000, fronts=1, front_ports=(17821,)),
}
LOSE, LOST = "lose", "lost"  # files beside a site's folder: what is asked for, and what was done
LOSE_SECONDS = 15.0


def main() -> int:
    """Bring all up, say so, and wait; 2 when this machine lacks something."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        try:
            sites = stack.enter_context(running_sites(SHAPES, BASE))
        except FileExistsError:
            print(
                f"{BASE} is there: sites are running, or were killed; stop them and remove it",
                file=sys.stderr,
            )
            return 2
        except NoSlurmError as missing:
            print(f"no Slurm sites: {missing}", file=sys.stderr)
            return 2
        for name, site in sites.items():
            print(f"{name}: {', '.join(site.urls)}")
        try:
            machine = stack.enter_context(running_machine())
            machine.kill()
            machine.port = PODMAN_PORT
            machine.start()
            print(f"containers: {machine.url}")
        except NoPodmanError as missing:
            print(f"no container site: {missing}", file=sys.stderr)
        for site in sites.values():
            pids = ", ".join(f"{part} {child.pid}" for part, child in site.children.items())
            print(f"{site.name} processes: {pids}")
        print("all up; Ctrl-C ends them", flush=True)
        while not stop.wait(0.2):
            for name, site in sites.items():
                _lose_if_asked(name, site)
    return 0


def lose(name: str) -> int:
    """Have whoever brought the sites up kill one, and wait until it is dead; 2 when that cannot be."""
    if name not in SHAPES or not BASE.is_dir():
        print(
            f"no site {name!r} to lose: it must be {', '.join(SHAPES)}, brought up by `make sites`",
            file=sys.stderr,
        )
        return 2
    _note(name, LOSE).touch()
    end = time.monotonic() + LOSE_SECONDS
    while not _note(name, LOST).exists():
        if time.monotonic() > end:
            print(f"site {name} is not dead after {LOSE_SECONDS:g} s", file=sys.stderr)
            return 2
        time.sleep(0.1)
    print(f"site {name} is lost, with all that ran there")
    return 0


def _lose_if_asked(name: str, site: SlurmSite) -> None:
    if _note(name, LOSE).exists() and not _note(name, LOST).exists():
        site.stop()
        _note(name, LOST).touch()


def _note(name: str, word: str) -> Path:
    return BASE / f"{name}.{word}"


if __name__ == "__main__":
    sys.exit(lose(sys.argv[2]) if sys.argv[1:2] == ["lose"] and len(sys.argv) == 3 else main())
