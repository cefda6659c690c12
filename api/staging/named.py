"""Named inputs: how a job says where the bytes of its inputs are.

The contract's inputs have a place and a size, which is what a plan needs. Real data is named by labels beside them:
`input.0.url` is the address of the first input, `input.0.sha256` its digest. An input without an address is simulated:
its transfer is planned, and nothing is copied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LABEL = re.compile(r"input\.(\d{1,2})\.url")


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedInput:
    """One input whose bytes have an address.

    Attributes:
        number: index into the job's inputs.
        url: where its bytes are.
        sha256: their digest, or "".
    """

    number: int
    url: str
    sha256: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that tells the command where the file is."""
        return f"EDWC_INPUT_{self.number}"


def named_inputs(labels: Mapping[str, str]) -> tuple[NamedInput, ...]:
    """Return the inputs that labels give an address, by number."""
    found = []
    for name, value in labels.items():
        label = _LABEL.fullmatch(name)
        if label is not None and value:
            number = int(label[1])
            sha256 = labels.get(f"input.{number}.sha256", "")
            found.append(NamedInput(number=number, url=value, sha256=sha256))
    return tuple(sorted(found, key=lambda each: each.number))
