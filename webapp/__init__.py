"""Plenum: the conference that talks back."""

import os

os.environ.setdefault("PICCOLO_CONF", "webapp.piccolo_conf")
