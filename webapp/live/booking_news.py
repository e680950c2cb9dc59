"""What others are told when a booking has changed."""

from __future__ import annotations

from webapp.booking.booking_view import BookingView
from webapp.conference.prices import Quote
from webapp.live.announced import MEETING, PEOPLE, SEATS
from webapp.live.feeds import Feeds
from webapp.mail.post import Post


async def announce_change(feeds: Feeds, post_box: Post, before: BookingView, quote: Quote) -> None:
    """A booking, as it was seen `before`, has been changed at this quote."""
    post_box.wake()
    if quote.added or quote.returned:
        await feeds.announce(SEATS)
    come = {one.delegate.person for one in (await before.again()).delegates}
    if left := {str(one.delegate.person) for one in before.delegates if one.delegate.person not in come}:
        await feeds.announce(PEOPLE, *left)
    await feeds.announce(MEETING)  # where profiles follow what is booked
