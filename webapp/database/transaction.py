"""One transaction, whichever tables take part."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from webapp.database.engine import DB


def transaction() -> AbstractAsyncContextManager[object]:
    """All that the block does, or nothing of it when the block raises. One inside another is part of it."""
    return DB.transaction()
