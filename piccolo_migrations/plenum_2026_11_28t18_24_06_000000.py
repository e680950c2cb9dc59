from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from webapp.piccolo_conf import DB

ID = "2026-11-28T18:24:06:000000"
VERSION = "1.38.0"
DESCRIPTION = "Guests who were let in with the present room code stay in"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="plenum", description=DESCRIPTION)

    async def run():
        await DB.run_ddl("UPDATE panel SET guest_key = room_code WHERE guest_key = ''")

    manager.add_raw(run)

    return manager
