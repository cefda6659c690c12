"""A catalogue is checked, read and handed on from the command line."""

import json
import shutil
from pathlib import Path

import pytest

import topology
from tests.api.cli.conftest import Edwc


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the built-in catalogue, to be broken."""
    built_in = Path(topology.__file__).parent / "data" / "china"
    return Path(shutil.copytree(built_in, tmp_path / "mine"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_built_in_catalogue_is_sound(run: Edwc) -> None:
    result = run("catalogue", "validate")
    assert result.exit_code == 0
    assert result.stdout.startswith("china is sound: ")


def test_every_fault_is_told_in_one_run(run: Edwc, folder: Path) -> None:
    edit(folder / "sites.csv", ",hub,ningxia,", ",palace,ningxia,")
    edit(folder / "links.csv", ",beijing-metro,", ",atlantis,")
    result = run("catalogue", "validate", "--catalogue", folder)
    assert result.exit_code == 1
    assert "sites.csv" in result.stdout
    assert "palace" in result.stdout
    assert "atlantis" in result.stdout
    documents = json.loads(run("catalogue", "validate", "--catalogue", folder, "--json").stdout)
    assert {"file", "line", "column", "value", "rule"} == set(documents[0])
    assert {document["value"] for document in documents} >= {"palace", "atlantis"}


def test_a_folder_that_does_not_exist_is_bad_input(run: Edwc) -> None:
    result = run("catalogue", "validate", "--catalogue", "nowhere")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "nowhere" in result.stderr


def test_a_broken_catalogue_cannot_be_shown(run: Edwc, folder: Path) -> None:
    (folder / "sites.csv").write_bytes(b"\xff\xfe\x00")
    result = run("catalogue", "show", "--catalogue", folder)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "sites.csv" in result.stderr


@pytest.mark.parametrize("part", ["sites", "cities", "links", "accelerators"])
def test_every_part_has_a_table_and_the_same_as_json(run: Edwc, part: str) -> None:
    lines = run("catalogue", "show", part).stdout.splitlines()
    documents = json.loads(run("catalogue", "show", part, "--json").stdout)
    assert len(lines) == len(documents) + 1
    for line, document in zip(lines[1:], documents, strict=True):
        assert line.startswith(str(next(iter(document.values()))))


def test_geojson_and_graphml_are_written(run: Edwc, tmp_path: Path) -> None:
    for name, beginning in (
        ("china.geojson", '{\n "type": "FeatureCollection"'),
        ("china.graphml", "<graphml"),
    ):
        result = run("catalogue", "export", "--out", tmp_path / name)
        assert (result.exit_code, result.output) == (0, "")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(beginning)
    assert json.loads(run("catalogue", "export").stdout)["type"] == "FeatureCollection"


def test_an_export_into_a_missing_folder_writes_nothing(run: Edwc, tmp_path: Path) -> None:
    result = run("catalogue", "export", "--out", tmp_path / "missing" / "china.geojson")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
