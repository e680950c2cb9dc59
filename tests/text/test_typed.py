"""What people type, and what is said beside it."""

from __future__ import annotations

import pytest

from webapp.text.typed import Messages, email_address


def test_what_is_refused_is_said_beside_its_field_and_nothing_else_is_done() -> None:
    errors, done = Messages(), []
    with errors.beside("email"):
        done.append(email_address("dag@example.org"))
    assert not errors
    with errors.beside("email"):
        done.append(email_address("dag at example.org"))
    assert errors == {"email": "This does not look like an e-mail address. One looks like name@school.org."}
    assert errors["name"] == ""
    assert done == ["dag@example.org"]


def test_what_breaks_is_no_message() -> None:
    errors = Messages()
    with pytest.raises(ZeroDivisionError), errors.beside("email"):
        1 / 0  # noqa: B018
    assert not errors
