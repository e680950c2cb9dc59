"""The log of a good day and of a bad one: one line for what happened, on standard error.

What went well says which and how many, never who: no name, no address, no text of anybody's.
"""

from __future__ import annotations

import logging
import os
import sys

BY_LEVEL = {logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""Priorities as systemd knows them; all else is 6."""


class JournalFormatter(logging.Formatter):
    """For systemd's journal, which knows the time and the process by itself, and is told the priority of each line."""

    def format(self, record: logging.LogRecord) -> str:
        priority = f"<{BY_LEVEL.get(record.levelno, 6)}>"
        return priority + super().format(record).replace("\n", f"\n{priority}")


def keep_log() -> None:
    """Write what happens to standard error: our own from INFO on, what others say from WARNING on."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JournalFormatter("%(message)s")
        if _is_journal()
        else logging.Formatter("%(asctime)s [%(process)d] %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("webapp").setLevel(logging.INFO)


def _is_journal() -> bool:
    """Whether standard error leads there. systemd names that stream, which is handed on to all that are started."""
    try:
        stream = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stream.st_dev}:{stream.st_ino}"
