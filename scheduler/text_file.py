"""Reading a text file that may be anything: too large, missing, packed, not text at all."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from scheduler.errors import DocumentError

LARGEST_BYTES = 512 * 1024 * 1024
_LIMIT = f"{LARGEST_BYTES // 2**20} MiB"


def read_text_bytes(path: Path) -> bytes:
    """Return the UTF-8 content of a file, unpacked where its name ends in .gz, without a byte order mark.

    Raises:
        DocumentError: missing, a folder, unreadable, too large, empty, not UTF-8, or with NUL bytes.
    """
    name = str(path)
    try:
        content = _read_limited(path)
    except FileNotFoundError:
        raise DocumentError(rule="no such file; check the path", file=name) from None
    except IsADirectoryError:
        raise DocumentError(rule="is a folder; name a file in it", file=name) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DocumentError(rule=f"not a whole gzip file ({error}); pack it again", file=name) from None
    except OSError as error:
        raise DocumentError(rule=f"cannot be read ({error.strerror or error})", file=name) from None
    content = content.removeprefix(b"\xef\xbb\xbf")
    _check_text(content, name)
    return content


def _read_limited(path: Path) -> bytes:
    """Refuse by size before reading; a packed or special file shows its size only while it is read."""
    if path.stat().st_size > LARGEST_BYTES:
        size = f"{path.stat().st_size / 2**20:.0f} MiB"
        raise DocumentError(rule=f"at most {_LIMIT} is read; split the file", file=str(path), value=size)
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        content = stream.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise DocumentError(
            rule=f"at most {_LIMIT} is read; split the file", file=str(path), value=f"over {_LIMIT}"
        )
    return content


def _check_text(content: bytes, name: str) -> None:
    if not content.strip():
        raise DocumentError(rule="is empty; it must hold at least one document", file=name)
    nul = content.find(b"\0")
    if nul >= 0:
        line = content.count(b"\n", 0, nul) + 1
        raise DocumentError(
            rule="holds a NUL byte; a text file has none", file=name, line=line, value=f"byte {nul}"
        )
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        value = f"byte 0x{content[error.start]:02x}"
        raise DocumentError(
            rule="is not UTF-8; save it as UTF-8", file=name, line=line, value=value
        ) from None
