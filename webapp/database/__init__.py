"""The database: its engine, its columns, and reaching it outside a request."""
