"""Quantities as clusters write them."""

import pytest

from api.dispatch.kubernetes.quantity import amount_of


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("2", 2),
        ("3920m", 3.92),
        ("16Gi", 2**34),
        ("1e3", 1000),
        ("5k", 5000),
        ("32Ki", 32768),
        ("1.5M", 1.5e6),
    ],
)
def test_a_quantity_is_a_number_and_a_unit(text: str, amount: float) -> None:
    assert amount_of(text) == pytest.approx(amount)


@pytest.mark.parametrize("text", ["", "many", "3 Gi", "5kib"])
def test_what_is_no_quantity_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="a number and a unit"):
        amount_of(text)
