from hashlib import blake2b

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.querystring import QueryString

from webapp.piccolo_conf import DB

ID = "2026-11-28T18:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Of the form that made a booking only a digest is kept: its key opens what was typed"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="plenum", description=DESCRIPTION)

    async def run():
        for row in await DB.run_querystring(QueryString("SELECT id, form_key FROM booking")):
            digest = blake2b(row["form_key"].encode(), digest_size=20).hexdigest()
            await DB.run_querystring(
                QueryString("UPDATE booking SET form_key = {} WHERE id = {}", digest, row["id"])
            )

    manager.add_raw(run)

    return manager
