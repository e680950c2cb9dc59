from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from webapp.piccolo_conf import DB

ID = "2026-11-25T00:31:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The one row of the meeting place, and the index by which entries are found in any form of a word"

SQLITE = (
    "CREATE VIRTUAL TABLE entry_words USING fts5(words, content='entry', content_rowid='id', tokenize='porter')",
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
POSTGRES = ("CREATE INDEX entry_words ON entry USING gin (to_tsvector('english', words))",)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="plenum", description=DESCRIPTION)

    async def run():
        for statement in ("INSERT INTO meeting (revision) VALUES (0)", *(SQLITE if DB.engine_type == "sqlite" else POSTGRES)):
            await DB.run_ddl(statement)

    manager.add_raw(run)

    return manager
