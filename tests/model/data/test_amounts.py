"""Amounts as people write them."""

from decimal import Decimal

import pytest

from model.data.amounts import amount


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("7", "7"),
        ("12,5", "12.5"),
        (".50", "0.50"),
        ("1.234", "1234"),
        ("1,234,567", "1234567"),
        ("1.234.567,8", "1234567.8"),
        ("12.", "12"),
    ],
)
def test_amounts_are_numbers(text, value):
    assert amount(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", ".", "12 3", "€5", "1\n2"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="no amount"):
        amount(text)
