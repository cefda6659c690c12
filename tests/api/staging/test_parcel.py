"""A checkpoint is carried whole, once, and to where the job really goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.staging import Parcel, SourceGone


@pytest.fixture
def parcel(tmp_path: Path) -> Parcel:
    source = tmp_path / "west" / "job_1"
    (source / "shards").mkdir(parents=True)
    (source / "step").write_text("7")
    (source / "shards" / "0").write_text("weights")
    return Parcel(source=source, target=tmp_path / "east" / "job_1", mark="att_1")


def test_it_arrives_whole_in_place_of_what_was_there(parcel: Parcel) -> None:
    parcel.target.mkdir(parents=True)
    (parcel.target / "step").write_text("3")
    (parcel.target / "old").write_text("of an earlier stay")
    assert parcel.carry()
    found = {path.name: path.read_text() for path in parcel.target.rglob("*") if path.is_file()}
    assert found == {"step": "7", "0": "weights"}
    assert (parcel.source / "step").read_text() == "7", "the one it was carried from is still there"


def test_what_was_written_behind_it_is_not_lost_when_it_is_asked_for_again(parcel: Parcel) -> None:
    parcel.carry()
    (parcel.target / "step").write_text("9")
    assert not parcel.carry()
    assert (parcel.target / "step").read_text() == "9"


def test_a_copy_that_was_cut_short_begins_anew(parcel: Parcel) -> None:
    arriving = parcel.target.with_name("job_1.arriving")
    arriving.mkdir(parents=True)
    (arriving / "half").write_text("of it")
    assert parcel.carry()
    assert not (parcel.target / "half").exists()


def test_a_link_is_not_followed_to_what_its_owner_may_not_read(parcel: Parcel, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of the service")
    (parcel.source / "link").symlink_to(tmp_path / "secret")
    parcel.carry()
    assert (parcel.target / "link").is_symlink()


def test_a_checkpoint_that_is_out_of_reach_is_told(parcel: Parcel, tmp_path: Path) -> None:
    lost = Parcel(source=tmp_path / "nowhere", target=parcel.target, mark="att_1")
    with pytest.raises(SourceGone, match="nowhere cannot be brought"):
        lost.carry()
    assert not parcel.target.exists()
