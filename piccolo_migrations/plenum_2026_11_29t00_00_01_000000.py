"""What Piccolo has no words for. Not in the first migration, since Piccolo runs raw statements before it makes tables."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from webapp.database.engine import DB

ID = "2026-11-29T00:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "The row of the meeting place, and what entries are found by"

# There is one meeting place. Its row counts up whatever happens there, and so has to be there before anything does.
MEETING_PLACE = ("INSERT INTO meeting (revision) VALUES (0)",)

SQLITE = (
    # Finds entries in any form of a word. The words themselves stay in the table and are not kept twice.
    "CREATE VIRTUAL TABLE entry_words USING fts5(words, content='entry', content_rowid='id', tokenize='porter')",
    # For the same reason it does not hear of changes by itself, and has to be told what it is to forget.
    """CREATE TRIGGER entry_is_put AFTER INSERT ON entry BEGIN
        INSERT INTO entry_words (rowid, words) VALUES (new.id, new.words);
    END""",
    """CREATE TRIGGER entry_is_removed AFTER DELETE ON entry BEGIN
        INSERT INTO entry_words (entry_words, rowid, words) VALUES ('delete', old.id, old.words);
    END""",
    """CREATE TRIGGER entry_is_changed AFTER UPDATE ON entry BEGIN
        INSERT INTO entry_words (entry_words, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO entry_words (rowid, words) VALUES (new.id, new.words);
    END""",
)

POSTGRES = (
    # Each word in any of its forms, and as it stands: of its own accord English leaves out words that may be somebody's
    # name. A column, since computed for each search a frequent word takes a second.
    """ALTER TABLE entry ADD COLUMN vector tsvector GENERATED ALWAYS AS
        (to_tsvector('english', words) || to_tsvector('simple', words)) STORED""",
    "CREATE INDEX entry_vector ON entry USING gin (vector)",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="plenum", description=DESCRIPTION)

    async def run():
        for statement in MEETING_PLACE + (SQLITE if DB.engine_type == "sqlite" else POSTGRES):
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager
