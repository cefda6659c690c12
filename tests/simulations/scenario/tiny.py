"""A scenario of forty jobs and a greedy policy: what these tests replay."""

from pathlib import Path

TINY = """
title = "Forty jobs"
parent = "west-open"

[demand.generate]
count = 40
load = 0.01

[clock]
hours = 12
drain_hours = 12
cadence_minutes = 60

[planning]
policy = "cheapest"
"""


def write(folder: Path, name: str, text: str) -> str:
    """Write a scenario file and return its path as a user would give it."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def write_tiny(folder: Path) -> str:
    return write(folder, "tiny", TINY)
