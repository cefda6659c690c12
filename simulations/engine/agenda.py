"""Agenda: what is due in which slot."""

from __future__ import annotations

from collections.abc import Iterator

from simulations.engine.attempt import Ticket

Entry = tuple[Ticket, int]


class Agenda:
    """Tickets by slot. An entry is void once its ticket has gone on to another try.

    Args:
        slots: of the span.
    """

    def __init__(self, slots: int) -> None:
        self._due: dict[int, list[Entry]] = {}
        self._slots = slots

    def add(self, slot: int, ticket: Ticket) -> None:
        """Put a ticket down for a slot; what lies beyond the span never comes due."""
        if slot <= self._slots:
            self._due.setdefault(slot, []).append((ticket, ticket.tries))

    def take(self, slot: int) -> Iterator[Ticket]:
        """Yield the tickets due in a slot, as they were put down, and forget them."""
        for ticket, tries in self._due.pop(slot, ()):
            if ticket.tries == tries and ticket.attempt is not None:
                yield ticket

    def __len__(self) -> int:
        return len(self._due)
