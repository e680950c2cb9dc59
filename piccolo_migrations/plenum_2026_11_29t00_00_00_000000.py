"""Every table, with its columns, indexes and constraints."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.conf.apps import table_finder

ID = "2026-11-29T00:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Every table"

PARTS = ("people", "programme", "mail", "booking", "questions", "meeting_place", "search")
TABLES = table_finder([f"piccolo_migrations.first.{part}" for part in PARTS], exclude_imported=True)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="plenum", description=DESCRIPTION)
    for table in TABLES:
        manager.add_table(class_name=table.__name__, tablename=table._meta.tablename)
        its = {"table_class_name": table.__name__, "tablename": table._meta.tablename}
        for column in table._meta.non_default_columns:
            manager.add_column(
                **its,
                column_name=column._meta.name,
                db_column_name=column._meta.db_column_name,
                column_class=type(column),
                params=column._meta.params,
            )
        for constraint in table._meta.constraints:
            manager.add_constraint(
                **its,
                constraint_name=constraint._meta.name,
                constraint_class=type(constraint),
                params=constraint._meta.params,
            )
    return manager
