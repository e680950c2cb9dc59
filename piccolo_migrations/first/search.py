"""What is found by its words, as it first was."""

from piccolo.columns import ForeignKey, OnDelete, Text, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from piccolo_migrations.first.meeting_place import Note, Profile


class Spelling(Table, tablename="spelling"):
    gram = Varchar(length=3)
    word = Varchar(length=30, index=True)
    each_gram_of_a_word_once = Unique([gram, word])


class Entry(Table, tablename="entry"):
    note = ForeignKey(Note, on_delete=OnDelete.cascade, unique=True)
    profile = ForeignKey(Profile, on_delete=OnDelete.cascade, unique=True)
    words = Text()
