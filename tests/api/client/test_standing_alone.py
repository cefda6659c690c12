"""The client needs no part of the server, and its two faces are one."""

import inspect
import subprocess
import sys
from pathlib import Path

from api.client import AsyncClient, Client

ROOT = Path(__file__).resolve().parents[3]
FORBIDDEN = {
    "sqlalchemy", "fastapi", "starlette", "uvicorn", "ortools", "numba", "networkx", "numpy", "pandas",
    "topology", "pricing", "scheduler", "simulations",
}  # fmt: skip


def test_importing_the_client_imports_no_server_solver_or_graph_code() -> None:
    code = "from api.client import Client, AsyncClient; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert not FORBIDDEN & {name.partition(".")[0] for name in loaded}
    ours = {name for name in loaded if name.startswith("api.")}
    assert all(name.startswith("api.client") for name in ours), ours


def test_both_clients_do_the_same_things_by_the_same_names() -> None:
    def doors(kind: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(member).parameters)
            for name, member in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_")
        }

    assert doors(Client) == doors(AsyncClient)
