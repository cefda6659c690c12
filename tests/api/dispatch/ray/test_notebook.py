"""Notes of what was submitted outlive the service, and are not kept for ever."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.dispatch.ray.notebook import Note, Notebook

NOTE = Note(body={"entrypoint": "true"}, session="one")


def test_another_service_reads_on(tmp_path: Path) -> None:
    Notebook(tmp_path / "notes").write("att_1", NOTE)
    Notebook(tmp_path / "notes").amend("att_1", accepted=True)
    assert Notebook(tmp_path / "notes").read("att_1") == Note(body=NOTE.body, session="one", accepted=True)
    assert Notebook(tmp_path / "notes").read("att_2") is None


def test_nobody_else_reads_them(tmp_path: Path) -> None:
    Notebook(tmp_path / "notes").write("att_1", NOTE)
    assert stat.S_IMODE((tmp_path / "notes/att_1.json").stat().st_mode) == 0o600


def test_a_torn_note_is_none(tmp_path: Path) -> None:
    (tmp_path / "att_1.json").write_text('{"body"')
    assert Notebook(tmp_path).read("att_1") is None


def test_old_notes_go(tmp_path: Path) -> None:
    book, now = Notebook(tmp_path), datetime.now(UTC)
    book.sweep(now)
    for name, days in (("att_old", 40), ("att_new", 1)):
        book.write(name, NOTE)
        then = (now - timedelta(days=days)).timestamp()
        os.utime(tmp_path / f"{name}.json", (then, then))
    book.sweep(now - timedelta(days=30))
    assert (book.read("att_old"), book.read("att_new")) == (None, NOTE)
