"""Letters on their way, as they first were."""

from enum import Enum

from piccolo.columns import Integer, Text, Varchar
from piccolo.table import Table

from webapp.database.columns import Instant

OutgoingMailState = Enum(
    "MailState", {"WAITING": "waiting", "HANDED_OVER": "handed_over", "SENT": "sent", "FAILED": "failed"}
)


class OutgoingMail(Table, tablename="outgoing_mail"):
    event = Varchar(length=400, unique=True)
    about = Varchar(length=100, index=True)
    template = Varchar(length=40)
    recipient = Varchar(length=254, index=True)
    mailbox = Varchar(length=254, index=True)
    subject = Varchar(length=300)
    contents = Text()
    written_at = Instant()
    state = Varchar(length=20, default="waiting", index=True, choices=OutgoingMailState)
    due_at = Instant(index=True)
    gives_up_at = Instant()
    attempts = Integer()
    error = Text()
