from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Varchar

ID = "2026-11-25T00:12:12:596635"
VERSION = "1.38.0"
DESCRIPTION = ""


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="plenum", description=DESCRIPTION
    )

    manager.alter_column(
        table_class_name="OutgoingMail",
        tablename="outgoing_mail",
        column_name="state",
        db_column_name="state",
        params={"index": True},
        old_params={"index": False},
        column_class=Varchar,
        old_column_class=Varchar,
        schema=None,
    )

    return manager
