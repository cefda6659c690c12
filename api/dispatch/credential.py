"""Credentials: where a secret is read from. It is read when it is needed, and never kept, shown or stored."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from api.dispatch.errors import CredentialMissing


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path.expanduser()


SitePath = Annotated[Path, AfterValidator(_beside_the_file)]
"""A path of a sites file; a relative one is meant from that file's folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """Where a secret is read from: a file or an environment variable, one of the two.

    Attributes:
        file: its whole content is the secret; white space around a text is not part of it.
        env: name of the variable.
    """

    file: SitePath | None = None
    env: str | None = None

    def __post_init__(self) -> None:
        if (self.file is None) == (self.env is None):
            raise ValueError(
                'a credential is read from one place: write {file = "PATH"} or {env = "VARIABLE"}'
            )

    def read_bytes(self) -> bytes:
        """The secret as it stands there now.

        Raises:
            CredentialMissing: it is not there, or empty.
        """
        if self.file is not None:
            try:
                secret = self.file.read_bytes()
            except OSError as error:
                raise CredentialMissing(str(self.file), str(error.strerror)) from None
        else:
            secret = os.environ.get(self.env or "", "").encode()
        if not secret.strip():
            raise CredentialMissing(str(self.file or f"variable {self.env}"), "it is empty")
        return secret

    def read(self) -> str:
        """The secret as text, without white space around it.

        Raises:
            CredentialMissing: it is not there, empty, or no text.
        """
        try:
            return self.read_bytes().decode().strip()
        except UnicodeDecodeError:
            raise CredentialMissing(str(self.file), "it is not text") from None
