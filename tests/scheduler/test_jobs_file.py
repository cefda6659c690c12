"""Jobs files of every format, and everything that can be wrong with one."""

import gzip
import json
import os

import pytest

from scheduler import DocumentError, read_jobs, text_file

GOOD = '{"name": "a", "demand": {"cpu_cores": 8}, "variants": [{"runtime_minutes": 60}]}'
OTHER = GOOD.replace('"a"', '"b"')
CSV = "name,cpu_cores,accelerator,count,runtime_minutes,release,input_at,input_size_gb,tags,priority\n"
YAML = """\
- name: a
  demand: {cpu_cores: 8}
  variants: [{runtime_minutes: 60}]
  release: 2026-07-01T09:00:00+08:00
- name: b
  demand: {cpu_cores: 8}
  variants: [{runtime_minutes: 60}]
"""


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content", "names"),
    [
        ("jobs.jsonl", f"{GOOD}\n\n{OTHER}\n", ["a", "b"]),
        ("jobs.jsonl", "\ufeff" + GOOD + "\r\n" + OTHER, ["a", "b"]),
        ("jobs.json", GOOD, ["a"]),
        ("jobs.json", f"[{GOOD}, {OTHER}]", ["a", "b"]),
        ("jobs.yaml", YAML, ["a", "b"]),
        ("jobs.yml", GOOD + "\n---\n" + OTHER, ["a", "b"]),
        ("jobs.csv", CSV + "a,8,,,60,,,,,\nb,8,h20,2,60,2026-07-01T09:00:00Z,shanghai,5,x;y,2\n", ["a", "b"]),
        ("jobs.jsonl.gz", gzip.compress(GOOD.encode(), mtime=0), ["a"]),
    ],
)
def test_every_format_is_read(tmp_path, name, content, names):
    assert [job.name for job in read_jobs(write(tmp_path, name, content))] == names


def test_csv_columns_become_fields(tmp_path):
    row = "b,8,h20,2,60,2026-07-01T09:00:00Z,shanghai,5,x;y,2\n"

    (job,) = read_jobs(write(tmp_path, "jobs.csv", CSV + row))

    assert (job.variants[0].accelerator, job.variants[0].count) == ("h20", 2.0)
    assert (job.inputs[0].at, job.inputs[0].size_gb) == ("shanghai", 5.0)
    assert (job.residency.tags, job.priority) == (("x", "y"), 2)


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("jobs.jsonl", f"{GOOD}\n{GOOD}", 2, "taken by line 1"),
        ("jobs.jsonl", f"{GOOD}\n{OTHER[:40]}", 2, "cut off"),
        ("jobs.jsonl", f'{GOOD}\n{{"nam": "b"}}', 2, "did you mean name"),
        ("jobs.jsonl", GOOD.replace("8", "NaN"), 1, "finite"),
        ("jobs.jsonl", GOOD.replace("8", "1e999"), 1, "finite"),
        ("jobs.jsonl", "", None, "empty"),
        ("jobs.jsonl", " \n\n", None, "empty"),
        ("jobs.jsonl", GOOD.encode() + b"\n\xff\xfe", 2, "UTF-8"),
        ("jobs.jsonl", GOOD.encode() + b"\n\0", 2, "NUL"),
        ("jobs.jsonl", "[" * 100_000, 1, "recursion"),
        ("jobs.json", f"{GOOD}\n{OTHER}", 2, ".jsonl"),
        ("jobs.json", f"[{GOOD},\n{GOOD}]", None, "taken by entry 1"),
        ("jobs.json", "[" * 100_000, 1, "recursion"),
        ("jobs.json", "[]", None, "no job"),
        ("jobs.json", "5", None, "list"),
        ("jobs.yaml", YAML.replace("name: b", "name: a"), 5, "taken by line 1"),
        ("jobs.yaml", YAML.replace("+08:00", ""), 1, "time zone"),
        ("jobs.yaml", YAML + "  tasks: '3'\n", 5, "whole number"),
        ("jobs.yaml", YAML + "  name: c\n", 8, "twice"),
        ("jobs.yaml", "a: &x [1]\nb: *x\n", 2, "alias"),
        ("jobs.yaml", "[" * 100_000, 1, "deep"),
        ("jobs.yaml", "a: [1", None, "YAML"),
        ("jobs.yaml", "name: !!python/object:os.system x", 1, "YAML"),
        ("jobs.csv", "name,cpu_core\n", 1, "did you mean cpu_cores"),
        ("jobs.csv", "name,name\n", 1, "twice"),
        ("jobs.csv", CSV, None, "no job"),
        ("jobs.csv", CSV + "a,8\n", 2, "cells"),
        ("jobs.csv", CSV + "a,eight,,,60,,,,,\n", 2, "number"),
        ("jobs.csv", CSV + "a,nan,,,60,,,,,\n", 2, "finite"),
        ("jobs.csv", CSV + '"a,8,,,60,,,,,\n', 2, "CSV"),
        ("jobs.txt", GOOD, None, ".jsonl"),
        ("jobs.jsonl.gz", b"not packed", None, "gzip"),
        ("jobs.jsonl.gz", gzip.compress(GOOD.encode(), mtime=0)[:-9], None, "gzip"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path, name, content, line, words):
    path = write(tmp_path, name, content)

    with pytest.raises(DocumentError) as caught:
        read_jobs(path)

    message = str(caught.value)
    assert message.startswith(str(path) if line is None else f"{path}:{line}: ") or line is None
    assert words in message
    assert "\n" not in message
    assert len(message) < len(str(path)) + 400


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(DocumentError, match="no such file"):
        read_jobs(tmp_path / "nothing.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(DocumentError, match="folder"):
        read_jobs(tmp_path / "folder.jsonl")


def test_two_gigabytes_are_refused_unread(tmp_path):
    path = tmp_path / "huge.jsonl"
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 2 * 2**30)  # sparse: it takes no room on the disk

    with pytest.raises(DocumentError, match=r"2048 MiB: at most 512 MiB"):
        read_jobs(path)


def test_a_small_pack_that_unfolds_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text_file, "LARGEST_BYTES", 1000)
    path = write(tmp_path, "bomb.jsonl.gz", gzip.compress(b" " * 100_000, mtime=0))

    with pytest.raises(DocumentError, match="at most"):
        read_jobs(path)


def test_ten_thousand_jobs_are_read(tmp_path):
    lines = [json.dumps({**json.loads(GOOD), "name": f"job-{number}"}) for number in range(10_000)]

    jobs = read_jobs(write(tmp_path, "jobs.jsonl", "\n".join(lines)))

    assert len(jobs) == 10_000
