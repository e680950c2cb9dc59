"""What it costs to change and to cancel, in one wording wherever delegates read it."""

from __future__ import annotations

from webapp.conference.contact import organisers
from webapp.conference.file import ConferenceFile
from webapp.text.written import moment


def terms(file: ConferenceFile) -> str:
    """The terms as people read them, in one paragraph."""
    changes, zone = file.registration.changes, file.conference.zone
    if changes.free_until is None or not changes.fee_percent:
        costs = "It costs nothing to give something back, or to cancel."
    else:
        until = moment(changes.free_until.astimezone(zone))
        costs = (
            f"It costs nothing to give something back, or to cancel, before {until}. "
            f"After that {changes.fee_percent.normalize():f} % of its price is charged."
        )
    invented = " These terms are an example." if file.conference.example else ""
    return (
        f"{costs} Somebody else may come instead at no cost. Changes can be made here before "
        f"{moment(file.changes_close.astimezone(zone))}; after that, write to {organisers()}.{invented}"
    )
