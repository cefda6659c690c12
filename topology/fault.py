"""One thing wrong in a catalogue folder, told so that it can be found and mended."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One broken rule: where it is, what was given, what is allowed.

    Attributes:
        file: Name of the file (or of the folder when that itself is at fault).
        line: Line in the file, counted from 1; 0 when the whole file is meant.
        column: Name of the column, or "" when the whole line or file is meant.
        value: What was given, as written (long values are cut).
        rule: What is allowed.
    """

    file: str
    line: int = 0
    column: str = ""
    value: str = ""
    rule: str

    def __str__(self) -> str:
        """One line, as a command prints it."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        words = (self.column, repr(self.value) if self.value else "", self.rule)
        return f"{where}: {' '.join(word for word in words if word)}"
