"""What an ASGI server serves."""

from webapp.app import create_app
from webapp.running.logs import keep_log

keep_log()
app = create_app()
