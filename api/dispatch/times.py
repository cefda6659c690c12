"""Times: what a POSIX shell's `times` says of its children."""

from __future__ import annotations


def cpu_seconds(times: str) -> float | None:
    """Return the processor time of the children [s], from the second line: "0m0.01s 0m0.02s"; None without one."""
    lines = times.splitlines()
    if len(lines) < 2:
        return None
    parts = [each.rstrip("s").partition("m") for each in lines[1].split()]
    return sum(60 * float(minutes) + float(seconds) for minutes, _, seconds in parts)
