from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from webapp.piccolo_conf import DB

ID = "2026-11-25T01:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "PostgreSQL keeps what entries are found by; SQLite has it in its index"

# In any form of a word, and as it stands: of its own accord English leaves out words that may be somebody's name.
POSTGRES = (
    """ALTER TABLE entry ADD COLUMN vector tsvector GENERATED ALWAYS AS
        (to_tsvector('english', words) || to_tsvector('simple', words)) STORED""",
    "CREATE INDEX entry_vector ON entry USING gin (vector)",
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="plenum", description=DESCRIPTION)

    async def run():
        for statement in () if DB.engine_type == "sqlite" else POSTGRES:
            await DB.run_ddl(statement)

    manager.add_raw(run)

    return manager
