"""The sites file: every fault is named, and what is right becomes backends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.dispatch import Credential, CredentialMissing, LocalBackend, MemoryBackend
from api.sites_file import SitesFileError, read_sites
from topology import load_catalogue

CATALOGUE = load_catalogue("china")
GOOD = """
[[site]]
id = "zhongwei"
backend = "local"
folder = "west"
probe_seconds = 2

[[site]]
id = "guian"
backend = "local"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "sites.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(folder: Path, text: str) -> str:
    with pytest.raises(SitesFileError) as caught:
        read_sites(write(folder, text), CATALOGUE)
    assert len(caught.value.faults) == str(caught.value).count("\n") + 1
    return str(caught.value).replace(str(folder), "")


def now() -> datetime:
    return datetime.now(UTC)


def test_every_listed_site_has_a_backend_of_its_own_and_the_others_the_default(tmp_path: Path) -> None:
    read = read_sites(write(tmp_path, GOOD), CATALOGUE)
    backends = read.backends(MemoryBackend(now), data=tmp_path / "data", clock=now)
    west, south = backends.name_of("zhongwei"), backends.name_of("guian")
    assert (west.rpartition(":")[0], south.rpartition(":")[0]) == ("local:zhongwei", "local:guian")
    assert backends.name_of("tianfu") == "local"
    assert isinstance(backends.named(south), LocalBackend)
    assert backends.probe_seconds == {west: 2.0, south: 5.0}
    assert (tmp_path / "west/attempts").is_dir(), "a relative path is meant from the file's folder"


def test_a_site_of_processes_is_named_after_its_folder_for_good(tmp_path: Path) -> None:
    """Another folder knows nothing of what runs in this one, and must not be asked."""
    read = read_sites(write(tmp_path, GOOD), CATALOGUE)
    one, again, other = (
        read.backends(MemoryBackend(now), data=tmp_path / name, clock=now) for name in ("a", "a", "b")
    )
    assert one.name_of("guian") == again.name_of("guian") != other.name_of("guian")
    assert other.named(one.name_of("guian")) is None
    assert one.name_of("zhongwei") == other.name_of("zhongwei"), "the file says where its folder is"


def test_a_site_may_say_where_it_sees_the_data_of_jobs(tmp_path: Path) -> None:
    text = GOOD.replace('folder = "west"', 'folder = "west"\ninputs = "shared/inputs"')
    assert read_sites(write(tmp_path, text), CATALOGUE).inputs == {"zhongwei": tmp_path / "shared/inputs"}
    wrong = text.replace('"shared/inputs"', "7")
    assert "site[1].inputs = 7: must be the path of a folder" in faults_of(tmp_path, wrong)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SitesFileError, match="No such file"):
        read_sites(tmp_path / "none.toml", CATALOGUE)
    assert "is not TOML" in faults_of(tmp_path, "[[site]\n")


def test_every_fault_is_named_at_once_with_what_is_near(tmp_path: Path) -> None:
    said = faults_of(
        tmp_path,
        '[[site]]\nid = "zhongwey"\nbackend = "local"\n'
        '[[site]]\nid = "guian"\nbackend = "locl"\n'
        '[[site]]\nid = "guian"\nbackend = "local"\nfoldr = "x"\nprobe_seconds = 0\n',
    ).splitlines()
    assert said[0].startswith("/sites.toml: site[1].id = 'zhongwey': must be a site of the catalogue;")
    assert "zhongwei" in said[0]
    assert "must be a kind of backend; nearest known: local" in said[1]
    assert "site[3].id = 'guian': is listed twice" in said[2]
    assert "site[3].foldr = 'x': is not a key of a local site; nearest known: folder" in said[3]
    assert "site[3].probe_seconds = 0: must be a number of seconds above 0" in said[4]


def test_a_file_without_sites_says_so(tmp_path: Path) -> None:
    assert "at least one [[site]] table" in faults_of(tmp_path, "")
    assert "is not a key of a sites file" in faults_of(tmp_path, GOOD + "\n[default]\nx = 1\n")


def test_a_secret_is_read_when_needed_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = Credential(file=tmp_path / "token")
    with pytest.raises(CredentialMissing, match=r"token: No such file or directory; put it there"):
        credential.read()
    (tmp_path / "token").write_text("hush\n")
    assert credential.read() == "hush"
    assert "hush" not in repr(credential)
    monkeypatch.setenv("EDWC_TEST_TOKEN", "hush")
    assert Credential(env="EDWC_TEST_TOKEN").read() == "hush"
    with pytest.raises(CredentialMissing, match="variable EDWC_TEST_NONE: it is empty"):
        Credential(env="EDWC_TEST_NONE").read()
    with pytest.raises(ValueError, match="one place"):
        Credential()
