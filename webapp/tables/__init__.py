"""The database: the truth that every page is a view of. Rules live here, as methods that name an intention."""

from webapp.tables.account import AddressChange
from webapp.tables.invoices import Counter, Invoice
from webapp.tables.mail import Letter, MailState, OutgoingMail
from webapp.tables.my_programme import Mark, Planner
from webapp.tables.offers import Offer, OfferKind
from webapp.tables.people import Person, SignIn, SignInLink
from webapp.tables.programme import Conference, Rehearsal, Session
from webapp.tables.questions import Act, Moderator, Panel, Participant, Question, Vote
from webapp.tables.registration import Booking, CancellationFee, Delegate, Item
from webapp.tables.waiting import Waiting

__all__ = [
    "Act",
    "AddressChange",
    "Booking",
    "CancellationFee",
    "Conference",
    "Counter",
    "Delegate",
    "Invoice",
    "Item",
    "Letter",
    "MailState",
    "Mark",
    "Moderator",
    "Offer",
    "OfferKind",
    "OutgoingMail",
    "Panel",
    "Participant",
    "Person",
    "Planner",
    "Question",
    "Rehearsal",
    "Session",
    "SignIn",
    "SignInLink",
    "Vote",
    "Waiting",
]
