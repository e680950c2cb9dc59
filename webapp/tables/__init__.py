"""The database: the truth that every page is a view of. Rules live here, as methods that name an intention."""

from piccolo.table import Table

from webapp.database.engine import DB
from webapp.tables.account import AddressChange
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.invoices import Counter, Invoice
from webapp.tables.booking.item import CancellationFee, Item
from webapp.tables.booking.offers import Offer, OfferKind
from webapp.tables.booking.proposals import Proposal
from webapp.tables.booking.waiting import Waiting
from webapp.tables.drafts import Draft
from webapp.tables.mail import MailState, OutgoingMail
from webapp.tables.meeting_place.block import Block
from webapp.tables.meeting_place.board import Note
from webapp.tables.meeting_place.care import Deed, Report
from webapp.tables.meeting_place.contacts import Contact, Message
from webapp.tables.meeting_place.follows import Follow
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import Profile
from webapp.tables.meeting_place.replies import MeToo, Reply
from webapp.tables.meeting_place.round_tables import RoundTable
from webapp.tables.meeting_place.seats import Seat
from webapp.tables.my_programme import Mark, Planner
from webapp.tables.people import Person, SignIn, SignInLink
from webapp.tables.programme import Conference, Rehearsal, Session
from webapp.tables.questions.act import Act
from webapp.tables.questions.panel import Panel
from webapp.tables.questions.participant import Participant
from webapp.tables.questions.question import Question
from webapp.tables.questions.vote import Vote
from webapp.tables.search import Entry, Spelling
from webapp.tables.team import Moderator

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

TABLES = [known for known in list(globals().values()) if isinstance(known, type) and issubclass(known, Table)]
TABLES.remove(Table)
for table in TABLES:
    # Piccolo would look for it by itself, and takes a code formatter along: a sixth of a second in every command.
    table._meta.db = DB
