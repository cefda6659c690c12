"""docs/capacity.md names every key of a study file and every rule that is priced."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "capacity.md").read_text(encoding="utf-8")
CODE = Path(__file__).resolve().parents[3] / "simulations" / "expansion"


@pytest.mark.parametrize("name", ["study_file.py", "rule_tables.py"])
def test_every_key_is_on_the_page(name: str) -> None:
    code = (CODE / name).read_text(encoding="utf-8")
    keys = set(re.findall(r"(?:table|top)\.\w+\(\s*\"(\w+)\"", code)) - {"rules"}
    assert len(keys) > 5
    assert not {
        key for key in keys if f"`{key}`" not in PAGE and f".{key}]" not in PAGE and f"[{key}]" not in PAGE
    }


def test_every_rule_is_on_the_page() -> None:
    code = "".join(
        (CODE / name).read_text(encoding="utf-8") for name in ("rules.py", "constraints.py", "marginal.py")
    )
    rules = set(re.findall(r"rule=\"(\w+)\"", code))
    assert {"grid_mw", "quota", "halls", "rtt_ms_max"} <= rules
    assert not {rule for rule in rules if f"`{rule}`" not in PAGE}
