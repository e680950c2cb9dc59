"""People as they first were, and how they show who they are."""

from piccolo.columns import Boolean, ForeignKey, OnDelete, Varchar
from piccolo.table import Table

from webapp.database.columns import Instant


class Person(Table, tablename="person"):
    email = Varchar(length=254, unique=True)
    name = Varchar(length=200)
    organiser = Boolean(index=True)
    password_hash = Varchar(length=200, default=None, null=True, secret=True)
    since = Instant()
    voices_from = Instant(null=True, index=True)


class AddressChange(Table, tablename="address_change"):
    person = ForeignKey(Person, on_delete=OnDelete.cascade, null=False, index=True)
    key = Varchar(length=43, unique=True)
    old_email = Varchar(length=254)
    new_email = Varchar(length=254)
    old_confirmed_at = Instant(null=True)
    new_confirmed_at = Instant(null=True)
    expires_at = Instant()
    ended_at = Instant(null=True)


class SignInLink(Table, tablename="sign_in_link"):
    person = ForeignKey(Person, on_delete=OnDelete.cascade, null=False)
    key_hash = Varchar(length=64, unique=True)
    expires_at = Instant()
    used_at = Instant(null=True)
