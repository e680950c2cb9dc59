"""Plenum: the conference that talks back."""

import os
from importlib.metadata import version

__version__ = version("plenum")

os.environ.setdefault("PICCOLO_CONF", "webapp.piccolo_conf")
