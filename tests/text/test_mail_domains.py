"""Slips in the domain of an address are suggested away; what may well be right is left alone."""

from __future__ import annotations

import pytest

from webapp.text.mail_domains import KNOWN, suggestion


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dag@gmial.com", "dag@gmail.com"),
        ("Dag.D@GMAIL.CON", "Dag.D@gmail.com"),
        ("dag@gmail.co", "dag@gmail.com"),
        ("dag@gmaill.com", "dag@gmail.com"),
        ("dag@hotmial.com", "dag@hotmail.com"),
        ("dag@hotmail.nno", "dag@hotmail.no"),
        ("dag@outlok.com", "dag@outlook.com"),
        (" dag@onlin.no ", "dag@online.no"),
    ],
)
def test_one_slip_is_seen(typed: str, meant: str) -> None:
    assert suggestion(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "dag",
        "@",
        "@gmial.com",
        "dag@",
        "dag@gmail",
        "dag@school.no",
        "dag@asker.kommune.no",
        "dag@he.com",
        "dag@goal.com",
    ],
)
def test_what_may_well_be_right_is_left_alone(typed: str) -> None:
    assert suggestion(typed) == ""


def test_no_domain_that_many_have_is_taken_for_another() -> None:
    assert not [domain for domain in KNOWN if suggestion(f"dag@{domain}")]
