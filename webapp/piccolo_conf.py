"""What Piccolo's own commands, and its migrations, ask for. They find this module by the name in PICCOLO_CONF."""

from piccolo.conf.apps import AppRegistry

from webapp.database.engine import DB

__all__ = ["APP_REGISTRY", "DB"]

APP_REGISTRY = AppRegistry(apps=["webapp.piccolo_app"])
