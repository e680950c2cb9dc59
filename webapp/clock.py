"""The only clock. Everything that asks what time it is asks here, so that a conference can be rehearsed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from webapp.refusal import Refused

_shift = timedelta()


def now() -> datetime:
    """The present instant in UTC: the real one, or the rehearsed one that runs on from where it was set."""
    return datetime.now(UTC) + _shift


def real() -> datetime:
    """The real instant, rehearsing or not: for what machines wait for, and no person reads."""
    return datetime.now(UTC)


def rehearsing() -> bool:
    return bool(_shift)


def shifted() -> timedelta:
    """How far it runs ahead of the real time: not at all unless it is rehearsing."""
    return _shift


def shift(by: timedelta) -> None:
    """Run `by` ahead of the real time (a negative value runs behind it) in this process."""
    global _shift
    _shift = by


def shift_to(wanted: str, zone: tzinfo) -> timedelta:
    """How far to shift for it to be `wanted` now: `2017-06-19T23:58` in this zone, or `real`.

    Raises Refused when that is no time.
    """
    if wanted == "real":
        return timedelta()
    try:
        time = datetime.fromisoformat(wanted)
    except ValueError as error:
        raise Refused(f"{wanted!r} is no time. Write it like 2017-06-19T23:58, or write real.") from error
    if not 1970 <= time.year < 2200:
        raise Refused(f"{wanted!r} is too long ago, or too far ahead, to be rehearsed.")
    return (time if time.tzinfo else time.replace(tzinfo=zone)) - datetime.now(UTC)
