"""Resources add, subtract and fit like vectors."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import InvalidValue, Resources

amounts = st.integers(0, 1000).map(float)
resources = st.builds(
    Resources,
    cpu_cores=amounts,
    memory_gib=amounts,
    accelerators=st.dictionaries(st.sampled_from(["a10", "h20", "t4"]), amounts),
)


@settings(deadline=None)
@given(resources, resources)
def test_what_is_added_can_be_taken_away(one: Resources, other: Resources) -> None:
    assert one + other == other + one
    assert (one + other) - other == one
    assert hash(one + other) == hash(other + one)
    assert one.fits_in(one + other)


@settings(deadline=None)
@given(resources)
def test_two_of_a_kind_are_twice_one(one: Resources) -> None:
    assert one * 2 == 2 * one == one + one
    assert one * 0 == Resources()


@settings(deadline=None)
@given(resources, resources)
def test_fitting_means_every_amount_fits(one: Resources, other: Resources) -> None:
    assert one.fits_in(other) == all(
        one.get(name) <= other.get(name) for name in ("cpu_cores", "memory_gib", "a10", "h20", "t4")
    )


def test_a_model_that_is_not_held_counts_zero() -> None:
    assert Resources(cpu_cores=1, accelerators={"t4": 0}).get("t4") == 0
    assert not Resources(accelerators={"t4": 1}).fits_in(Resources(cpu_cores=99))


def test_float_rounding_does_not_stop_a_fit() -> None:
    assert Resources(cpu_cores=0.1 + 0.2).fits_in(Resources(cpu_cores=0.3))


@pytest.mark.parametrize(
    "fields", [{"cpu_cores": math.nan}, {"memory_gib": math.inf}, {"accelerators": {"t4": math.nan}}]
)
def test_amounts_must_be_finite(fields: dict[str, float]) -> None:
    with pytest.raises(InvalidValue, match="finite"):
        Resources(**fields)  # type: ignore[arg-type]
