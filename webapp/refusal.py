"""A rule said no."""


class Refused(Exception):
    """What was asked is not allowed in the present state. The text is for the person who asked, in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NameWanted(Refused):
    """Somebody has not said yet what they are called."""

    def __init__(self) -> None:
        super().__init__("Please say first what you are called, under “My account”: others are to see it.")
