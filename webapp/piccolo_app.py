"""Plenum's tables as one Piccolo app, with its migrations at the top of the repository."""

from piccolo.conf.apps import AppConfig

from webapp.database.migrating import MIGRATIONS
from webapp.tables import TABLES

APP_CONFIG = AppConfig(
    app_name="plenum",
    migrations_folder_path=str(MIGRATIONS),
    table_classes=TABLES,
)
