"""The database: the truth that every page is a view of. Rules live here, as methods that name an intention."""

from webapp.tables.my_programme import Mark, Planner
from webapp.tables.people import Person, SignIn, SignInLink
from webapp.tables.programme import Conference, Rehearsal, Session
from webapp.tables.registration import Booking, Delegate, Item, Offer, OfferKind

__all__ = [
    "Booking",
    "Conference",
    "Delegate",
    "Item",
    "Mark",
    "Offer",
    "OfferKind",
    "Person",
    "Planner",
    "Rehearsal",
    "Session",
    "SignIn",
    "SignInLink",
]
