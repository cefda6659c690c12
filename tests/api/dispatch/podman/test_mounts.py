"""What a container is given of its machine: nothing of others, and nothing to write to that the site has not named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.dispatch.podman import PodmanSite
from api.dispatch.podman.container import container_spec
from tests.api.dispatch.benches import launch

INPUTS = Path("/srv/edwc/inputs")
BROUGHT = {"EDWC_INPUT_0": "/srv/edwc/inputs/att_1/input.0"}


def given(mounts: dict[str, str], environment: dict[str, str], **fields: Any) -> dict[str, tuple[str, str]]:
    """What the container of att_1 sees: its path there -> folder of the machine, and whether it may write."""
    site = PodmanSite(endpoint="unix:///x", image="i", mounts=mounts, **fields)
    spec = container_spec(launch("1", environment=environment), site, 1.0, inputs=INPUTS)
    return {each["destination"]: (each["source"], each["options"][-1]) for each in spec["mounts"]}


def test_a_folder_is_shared_to_be_read_unless_the_site_says_otherwise() -> None:
    assert given({"/srv/sets": "/sets", "/srv/scratch": "/scratch:rw"}, {}) == {
        "/sets": ("/srv/sets", "ro"),
        "/scratch": ("/srv/scratch", "rw"),
    }


@pytest.mark.parametrize("place", ["/data", "/data:rw"])
@pytest.mark.parametrize("shared", ["/srv/edwc/inputs", "/srv/edwc", "/srv", "/srv/edwc/inputs/"])
def test_of_the_folder_of_inputs_an_attempt_is_given_its_own_to_read(shared: str, place: str) -> None:
    inside = f"/data/{(INPUTS / 'att_1').relative_to(shared)}"
    assert given({shared: place}, BROUGHT) == {inside: ("/srv/edwc/inputs/att_1", "ro")}
    assert given({shared: place}, {}) == {}, "it has none"
    assert given({shared: place}, {"EDWC_INPUT_0": "/srv/edwc/inputs/att_2/input.0"}) == {}


def test_a_folder_among_the_inputs_is_not_shared() -> None:
    assert given({"/srv/edwc/inputs/att_2": "/theirs"}, {}) == {}


def test_a_folder_that_leads_to_the_inputs_by_a_link_is_not_shared(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    site = PodmanSite(endpoint="unix:///x", image="i", mounts={str(tmp_path / "link"): "/data"})
    assert container_spec(launch("1"), site, 1.0, inputs=tmp_path / "inputs")["mounts"] == []


def test_a_checkpoint_is_its_jobs_to_write() -> None:
    kept = given({}, {}, checkpoints=Path("/srv/kept"))
    assert kept == {"/edwc/checkpoint": ("/srv/kept/job_1", "rw")}


@pytest.mark.parametrize("place", ["data", "/data:ro", "/data:rw,z", ":rw"])
def test_a_place_that_is_no_path_is_refused(place: str) -> None:
    with pytest.raises(ValueError, match='begin with /, and only ":rw" may follow'):
        PodmanSite(endpoint="unix:///x", mounts={"/srv": place})
