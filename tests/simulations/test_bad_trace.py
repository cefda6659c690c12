"""A broken file or a senseless wish ends with exit 2 and one line, and leaves nothing behind."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from edwc import main
from tests.simulations.excerpts import EXCERPTS

PHILLY = EXCERPTS["philly"]

BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "is empty"),
    "header only": (PHILLY.splitlines()[0].encode(), "has a header but no rows"),
    "missing column": (PHILLY.replace("num_gpus", "gpus").encode(), "column num_gpus"),
    "column twice": (PHILLY.replace("vc", "num_gpus").encode(), "column num_gpus"),
    "wrong type": (
        PHILLY.replace("600,1", "600,one").encode(),
        "line 2, column num_gpus: 'one': must be a number",
    ),
    "not a number": (PHILLY.replace("600,1", "nan,1").encode(), "line 2, column duration_s: 'nan'"),
    "infinite": (PHILLY.replace("600,1", "1e999,1").encode(), "line 2, column duration_s"),
    "no accelerators": (PHILLY.replace("600,1", "600,0").encode(), "column num_gpus: '0'"),
    "no date": (PHILLY.replace("2017-10-02 08:00:00", "monday").encode(), "column submit_time: 'monday'"),
    "zoned date": (PHILLY.replace("08:00:00", "08:00:00Z").encode(), "date and time without zone"),
    "short row": (PHILLY.encode() + b"2017-10-05 10:00:00,60\n", "line 6, column num_gpus: ''"),
    "quote": (PHILLY.encode() + b'"2017-10-05,60,1,x\n', "line 6"),
    "NUL": (PHILLY.encode() + b"2017\x00,1,1,x\n", "line 6: holds a NUL byte"),
    "not UTF-8": (PHILLY.encode() + b"2017\xff,1,1,x\n", "line 6: 'ff': is not UTF-8"),
    "long line": (PHILLY.encode() + b"x" * 70_000 + b"\n", "line 6: a line may be 64 KiB long at most"),
    "truncated gzip": (gzip.compress(PHILLY.encode())[:-20], "is not a whole gzip file"),
    "damaged gzip": (b"\x1f\x8b" + b"rubbish" * 10, "is not a whole gzip file"),
}


def run(*arguments: object) -> tuple[int, str]:
    """Exit code and everything printed, through the command line's own door."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_trace_is_told_in_one_line(fault: str, tmp_path: Path) -> None:
    content, words = BROKEN[fault]
    path, out = tmp_path / "trace.csv", tmp_path / "jobs.jsonl"
    path.write_bytes(content)
    code, printed = run("import-trace", "philly", path, "--out", out)
    assert code == 2, printed
    assert words in printed
    assert str(path) in printed
    assert printed.count("\n") == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulations.traces.source.MOST_BYTES", 1024**2)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(PHILLY.encode() + b"2017-10-05 10:00:00,60,1,x\n" * 100_000))
    code, printed = run("import-trace", "philly", path, "--out", tmp_path / "jobs.jsonl")
    assert (code, printed.count("\n")) == (2, 1)
    assert "is larger than 1 MiB unpacked" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import-trace", "philly", "missing.csv", "--out", "jobs.jsonl"), "missing.csv: cannot be read"),
        (("import-trace", "philly", ".", "--out", "jobs.jsonl"), "cannot be read"),
        (("import-trace", "pbs", "missing.csv", "--out", "jobs.jsonl"), "pbs"),
        (("import-trace", "philly", "missing.csv", "--out", "jobs.csv"), "must end in .jsonl"),
        (("import-trace", "philly", "missing.csv", "--out", "jobs.jsonl", "--date", "today"), "not a date"),
        (
            ("jobs-sample", "--count", "9", "--load", "nan", "--out", "jobs.jsonl"),
            "load nan: must be above 0",
        ),
        (("jobs-sample", "--count", "0", "--out", "jobs.jsonl"), "count 0: must be from 1"),
        (("jobs-sample", "--count", "3", "--profile", "bach", "--out", "jobs.jsonl"), "did you mean batch"),
        (("jobs-sample", "--count", "3", "--start", "2026-07-01", "--out", "jobs.jsonl"), "no time zone"),
        (("jobs-sample", "--count", "3", "--catalogue", "nowhere", "--out", "jobs.jsonl"), "nowhere"),
    ],
)
def test_a_senseless_wish_is_told_in_one_line(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, printed = run(*arguments)
    assert code == 2, printed
    assert words in printed
    assert printed.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_both_commands_report_what_they_did(tmp_path: Path) -> None:
    (tmp_path / "trace.csv").write_text(PHILLY)
    code, printed = run(
        "import-trace", "philly", tmp_path / "trace.csv", "--out", tmp_path / "day.jsonl", "--json"
    )
    assert code == 0, printed
    assert '"run_times_cut": 1' in printed
    code, printed = run("jobs-sample", "--count", "20", "--out", tmp_path / "sample.jsonl")
    assert code == 0, printed
    assert "20 jobs of profile mixed" in printed
    assert len((tmp_path / "sample.jsonl").read_text().splitlines()) == 20


def test_listing_the_commands_imports_nothing_heavy() -> None:
    heavy = "numpy", "scheduler", "pandas"
    code = f"import sys, simulations.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
