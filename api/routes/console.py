"""Console: the static files of api/console, Plotly from its wheel, and the headers that keep both safe.

The files know the public API only. No inline script or style is allowed; the one hash in the policy is that of an
empty style element, which Plotly makes and fills through the style sheet object.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from topology import province_outlines

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).resolve().parent.parent / "console"
PLOTLY = "plotly.min.js"
OUTLINES = "outlines.json"
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self'; style-src 'self' {_EMPTY_STYLE}; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}
_SMALL = 1_000  # bytes below which compressing saves nothing


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A file as it is sent: its bytes, the same compressed, its type and the tag of its content."""

    plain: bytes
    packed: bytes | None
    media_type: str
    tag: str


@router.get("/")
async def show_console(request: Request) -> Response:
    """The page that all of the console lives in."""
    return _send(request, "index.html")


@router.get("/docs")
async def show_reference(request: Request) -> Response:
    """Every endpoint and every shape of the API."""
    return _send(request, "reference.html")


@router.get("/console/{name:path}")
async def show_file(request: Request, name: str) -> Response:
    """One file of the console."""
    return _send(request, name)


def _send(request: Request, name: str) -> Response:
    if name not in _names():
        raise HTTPException(404)
    leaf = _leaf(name)
    headers = {**_HEADERS, "ETag": leaf.tag}
    if request.headers.get("if-none-match") == leaf.tag:
        return Response(status_code=304, headers=headers)
    if leaf.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            leaf.packed, media_type=leaf.media_type, headers={**headers, "Content-Encoding": "gzip"}
        )
    return Response(leaf.plain, media_type=leaf.media_type, headers=headers)


@cache
def _names() -> frozenset[str]:
    """Every name that may be asked for: a path that leaves the folder is never looked up on disk."""
    found = (path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())
    return frozenset({PLOTLY, OUTLINES, *(name for name in found if not name.endswith((".py", ".pyc")))})


@cache
def _leaf(name: str) -> _Leaf:
    if name == PLOTLY:
        plain = files("plotly").joinpath("package_data", PLOTLY).read_bytes()
    elif name == OUTLINES:
        plain = province_outlines()
    else:
        plain = (FOLDER / name).read_bytes()
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "text/plain"
    packed = gzip.compress(plain, compresslevel=6, mtime=0) if len(plain) > _SMALL else None
    return _Leaf(plain, packed, kind, f'"{hashlib.sha256(plain).hexdigest()[:32]}"')
