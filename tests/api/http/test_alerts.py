"""Alert rules and the dashboard speak of metrics that exist."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from api.metrics import Metrics

ALERTS = Path(__file__).resolve().parents[3] / "api" / "alerts"
RULES = yaml.safe_load((ALERTS / "edwc.rules.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
PANELS = json.loads((ALERTS / "dashboard.json").read_text(encoding="utf-8"))["panels"]
QUESTIONS = [rule["expr"] for rule in RULES] + [t["expr"] for panel in PANELS for t in panel["targets"]]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_asks_for_metrics_that_exist(question: str) -> None:
    served = {name for family in Metrics().registry.collect() for name in names(family.name, family.type)}
    asked = set(re.findall(r"\bedwc_\w+", question))
    assert asked or "up{" in question
    assert asked <= served


def names(family: str, kind: str) -> set[str]:
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(kind, ("",))
    return {family + ending for ending in endings}


def test_every_alert_says_what_to_do() -> None:
    assert all(rule["annotations"].keys() == {"summary", "action"} for rule in RULES)
    assert all(rule["labels"]["severity"] in {"page", "ticket"} for rule in RULES)


def test_the_rules_do_what_their_tests_say() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        if "prometheus" in os.environ.get("EDWC_REQUIRE", "").split(","):
            pytest.fail("promtool not exercised, though EDWC_REQUIRE asks for it")
        pytest.skip("promtool not exercised: it is not installed")
    for command in (["check", "rules", "edwc.rules.yml"], ["test", "rules", "edwc.rules.test.yml"]):
        done = subprocess.run([promtool, *command], cwd=ALERTS, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
