"""Numbers that clients send."""

from __future__ import annotations

import pytest

from webapp.web.numbers import small


@pytest.mark.parametrize(
    "sent", ["", None, "-1", "+1", " 1", "1.0", "1e3", "²", "１２", "0x1", "1" * 10, "1\n"]
)
def test_what_is_no_number_or_too_large_for_a_database_is_none(sent: str | None) -> None:
    assert small(sent) is None


def test_numbers_of_up_to_nine_digits_are_taken() -> None:
    assert [small(sent) for sent in ("0", "007", "42", "9" * 9)] == [0, 7, 42, 999_999_999]
