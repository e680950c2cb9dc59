"""Votes: what the room does most often."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect
from redis.asyncio import Redis

from webapp.live.announced import BALLOTS, VOTES
from webapp.live.feeds import Feeds
from webapp.questions.me import Me, known_again
from webapp.refusal import Refused
from webapp.tables import Vote
from webapp.web import limits
from webapp.web.limits import MINUTE, Limit
from webapp.web.rendering import PRIVATE
from webapp.web.wants import wants_json

VOTING = Limit("vote", 60, MINUTE)


class VotingController(Controller):
    @post("/panels/{slug:str}/questions/{question:int}/{vote:str}", status_code=200)
    async def vote(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        redis: NamedDependency[Redis],
        me: NamedDependency[Me | None],
        now: NamedDependency[datetime],
        slug: FromPath[str],
        question: FromPath[int],
        vote: FromPath[str],
    ) -> Response[Any]:
        """`vote` and `unvote`. Doing either again changes nothing, so a lost answer can simply be asked for again."""
        if vote not in ("vote", "unvote"):
            raise NotFoundException()
        if me is None:
            return _voted(request, slug, 401, "Please join with the room code, or sign in, to vote.")
        if not await VOTING.allows(redis, me.participant):
            return _voted(request, slug, 429, limits.A_LITTLE_FAST)
        try:
            if vote == "vote":
                count = await Vote.cast(slug, question, me.participant, now, room=me.room)
            else:
                count = await Vote.take_back(slug, question, me.participant, now, room=me.room)
        except Refused as refusal:
            row = (await feeds.panel(slug)).row
            if me.guest and row["guests"] and row["guest_key"] != me.room:
                return _voted(request, slug, 401, "Please join again: the room has a new code.")
            return _voted(request, slug, 409, refusal.reason)
        if count.new:
            feeds.announce_soon(VOTES, f"{slug} {question}")
            if not me.guest:
                feeds.announce_soon(BALLOTS, f"{slug} {me.participant}")
        response = _voted(
            request, slug, 200, id=question, votes=count.votes, tally=count.tally, mine=vote == "vote"
        )
        response.cookies.extend(known_again(me))
        return response


def _voted(request: HTMXRequest, slug: str, status: int, reason: str = "", **counted: Any) -> Response[Any]:
    """To a script in its own words; to a form by going back, or on to joining."""
    if wants_json(request):
        answer = {"reason": reason} if reason else counted
        return Response(answer, status_code=status, headers=PRIVATE, media_type="application/json")
    if status in (409, 429):
        raise Refused(reason)
    place = f"#question-{counted['id']}" if counted else ""
    return Redirect(f"/panels/{slug}{place}", status_code=303)
