"""Mail: the outbox, composing and handing over to a mail server."""
