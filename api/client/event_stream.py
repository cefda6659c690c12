"""Event streams: the bytes of server-sent events into events."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

from api.client.models import Event

LINE_MAX = 1 << 20


class EventReader:
    """Reads one stream, piece by piece, wherever the pieces were cut."""

    def __init__(self) -> None:
        """Begin before the first byte."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._data: list[str] = []
        self.retry_s: float | None = None

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Yield the events that are whole now.

        Raises:
            ValueError: the stream is none of events.
        """
        self._rest += self._decoder.decode(piece)
        *lines, self._rest = self._rest.split("\n")
        if len(self._rest) > LINE_MAX:
            raise ValueError(f"a line of the stream is longer than {LINE_MAX} characters")
        for line in lines:
            event = self._take(line.removesuffix("\r"))
            if event is not None:
                yield event

    def _take(self, line: str) -> Event | None:
        if not line:
            data, self._data = "\n".join(self._data), []
            return _event(data) if data else None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_s = int(value) / 1000
        return None


def _event(data: str) -> Event:
    document: Any = json.loads(data)
    return Event.model_validate(document)
