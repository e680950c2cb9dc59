"""Plenum's tables as one Piccolo app, with its migrations at the top of the repository."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="plenum",
    migrations_folder_path=str(Path(__file__).parent.parent / "piccolo_migrations"),
    table_classes=table_finder(modules=["webapp.tables"], exclude_imported=False),
)
