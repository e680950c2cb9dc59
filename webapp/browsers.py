"""Roughly which browser somebody uses, in words: enough to know it again, and no more than that is kept."""

from __future__ import annotations

# In the order in which they must be asked for: most browsers also claim to be others.
PROGRAMS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


def describe(user_agent: str) -> str:
    """`Firefox on Windows`, or less where less can be told."""
    program = next((name for sign, name in PROGRAMS.items() if f"{sign}/" in user_agent), "A browser")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    return f"{program} on {system}" if system else program
