"""Parcels: the checkpoint of a job on its way to the site where the job goes on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from api.staging.errors import SourceGone


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """One checkpoint that is to be elsewhere.

    Attributes:
        source: folder that the work left.
        target: folder that it will look into.
        mark: names what is carried; the same is carried once, so that what was written behind it is not lost.
    """

    source: Path
    target: Path
    mark: str

    def carry(self) -> bool:
        """Copy it whole, or not at all; whether anything was to be done. Links are carried as links.

        Raises:
            SourceGone: it cannot be read, or not be written there.
        """
        note = self.target.with_name(f"{self.target.name}.from")
        arriving = self.target.with_name(f"{self.target.name}.arriving")
        try:
            if note.exists() and note.read_text(encoding="utf-8") == self.mark:
                return False
            shutil.rmtree(arriving, ignore_errors=True)
            self.target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(self.source, arriving, symlinks=True)
            if self.target.exists():
                shutil.rmtree(self.target)
            arriving.replace(self.target)
            note.write_text(self.mark, encoding="utf-8")
        except (OSError, shutil.Error) as error:
            raise SourceGone(
                f"checkpoint {self.source} cannot be brought to {self.target}: {error}"
            ) from error
        return True
