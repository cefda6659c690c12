"""Jobs files as the client sends them."""

from pathlib import Path

import pytest

from api.client import JobsFileError, read_job_documents


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jobs.jsonl", '{"name": "a"}\n\n{"name": "b"}\n'),
        ("jobs.json", '[{"name": "a"}, {"name": "b"}]'),
        ("jobs.yaml", "name: a\n---\nname: b\n"),
        ("jobs.yml", "- name: a\n- name: b\n"),
    ],
)
def test_every_format_says_the_same(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert read_job_documents(path) == [{"name": "a"}, {"name": "b"}]


def test_an_instant_of_yaml_is_text_on_the_wire(tmp_path: Path) -> None:
    path = tmp_path / "jobs.yaml"
    path.write_text("name: a\ndeadline: 2026-07-01T09:00:00+08:00\n")
    assert read_job_documents(path)[0]["deadline"] == "2026-07-01T09:00:00+08:00"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("jobs.jsonl", '{"name": "a"}\n{', "line 2: is no JSON"),
        ("jobs.json", "[1]", "'1' is no job"),
        ("jobs.yaml", "a: [", "is no YAML"),
        ("jobs.jsonl", "\n", "holds no job"),
        ("jobs.txt", "", "must end in"),
    ],
)
def test_what_is_no_jobs_file_is_told_in_one_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(JobsFileError, match=said) as caught:
        read_job_documents(path)
    assert "\n" not in str(caught.value)
