"""The database: the truth that every page is a view of. Rules live here, as methods that name an intention."""

from webapp.tables.account import AddressChange
from webapp.tables.board import Follow, MeToo, Note, Reply
from webapp.tables.care import Deed, Report
from webapp.tables.contacts import Contact, Message
from webapp.tables.drafts import Draft
from webapp.tables.invoices import Counter, Invoice
from webapp.tables.mail import Letter, MailState, OutgoingMail
from webapp.tables.meeting_place import Block, Meeting, Profile
from webapp.tables.my_programme import Mark, Planner
from webapp.tables.notices import Notice
from webapp.tables.offers import Offer, OfferKind
from webapp.tables.people import Person, SignIn, SignInLink
from webapp.tables.programme import Conference, Rehearsal, Session
from webapp.tables.proposals import Proposal
from webapp.tables.questions import Act, Moderator, Panel, Participant, Question, Vote
from webapp.tables.registration import Booking, CancellationFee, Delegate, Item
from webapp.tables.round_tables import RoundTable, Seat
from webapp.tables.search import Entry, Spelling
from webapp.tables.waiting import Waiting

__all__ = [
    "Act",
    "AddressChange",
    "Block",
    "Booking",
    "CancellationFee",
    "Conference",
    "Contact",
    "Counter",
    "Deed",
    "Delegate",
    "Draft",
    "Entry",
    "Follow",
    "Invoice",
    "Item",
    "Letter",
    "MailState",
    "Mark",
    "MeToo",
    "Meeting",
    "Message",
    "Moderator",
    "Note",
    "Notice",
    "Offer",
    "OfferKind",
    "OutgoingMail",
    "Panel",
    "Participant",
    "Person",
    "Planner",
    "Profile",
    "Proposal",
    "Question",
    "Rehearsal",
    "Reply",
    "Report",
    "RoundTable",
    "Seat",
    "Session",
    "SignIn",
    "SignInLink",
    "Spelling",
    "Vote",
    "Waiting",
]
