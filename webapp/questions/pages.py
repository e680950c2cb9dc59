"""The pages on which one asks."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Template

from webapp.live.panel_feeds import PanelFeeds
from webapp.questions import signature
from webapp.questions.forms import AskForm, JoinForm
from webapp.questions.me import Me
from webapp.questions.states import VOTABLE, Order, QuestionState
from webapp.questions.views import ORDERS, addressees, for_everybody
from webapp.settings import settings
from webapp.tables import Question, Vote
from webapp.tables.questions.question import MyRow
from webapp.web.rendering import fragment, page


async def room(
    panel: PanelFeeds,
    me: Me | None,
    *,
    form: AskForm | None = None,
    joining: JoinForm | None = None,
    status: int = 200,
    notice: str = "",
) -> Template:
    """The panel's page, for somebody who takes part or, without `me`, for everybody else."""
    view, cards = panel.view, panel.room
    if me is not None and not _let_in(panel, me):
        me = None
    votes = await Vote.counts_by(panel.slug, me.participant) if me else {}
    rows = await Question.asked_by([me.participant], panel.slug) if me else []
    return page(
        "questions/panel.html",
        status=status,
        programme=panel.programme,
        panel=view,
        cursor=cards.revision,
        # Votes are told a little later, and whoever has just voted without a script expects to see it.
        on_list=cards.listed(*VOTABLE, order=for_everybody, counts=votes),
        answered=cards.listed(QuestionState.ANSWERED, order=ORDERS[Order.ANSWERED]),
        votable=VOTABLE,
        me=me,
        my_votes=list(votes),
        voted_for=[cards.cards[number] for number in votes if number in cards.cards],
        mine=[panel.my_view(row) for row in rows],
        form=form or await signature.empty_form(me, panel.programme),
        addressees=addressees(view.session, panel.programme),
        joining=joining or JoinForm(),
        notice=notice,
        page_url=f"{settings().url}/panels/{panel.slug}",
    )


async def answer(
    request: HTMXRequest,
    panel: PanelFeeds,
    me: Me | None,
    form: AskForm,
    status: int,
    notice: str = "",
    asked: str = "",
) -> Response[Any]:
    """The form again, by itself or on its page. `asked`: the question that the notice is about, and its state."""
    if not request.htmx:
        return await room(panel, me, form=form, status=status)
    return fragment(
        "questions/_ask.html",
        # Pages swap no 429 in: what is typed in other forms must stay. Here it is in the answer.
        status=409 if status == 429 else status,
        programme=panel.programme,
        panel=panel.view,
        form=form,
        me=me,
        addressees=addressees(panel.view.session, panel.programme),
        notice=notice,
        asked=asked,
    )


def edit_page(panel: PanelFeeds, me: Me | None, form: AskForm, row: MyRow, *, status: int = 200) -> Template:
    """The form with which one changes one's own question."""
    return page(
        "questions/edit.html",
        status=status,
        programme=panel.programme,
        panel=panel.view,
        question=panel.my_view(row),
        stays_anonymous=not row["ever_named"],
        form=form,
        me=me,
        addressees=addressees(panel.view.session, panel.programme),
        page_url=f"{settings().url}/panels/{panel.slug}",
    )


def _let_in(panel: PanelFeeds, me: Me) -> bool:
    """Whether somebody may take part here, as far as this worker knows: guests with the key that holds now."""
    return not me.guest or (panel.row["guests"] and panel.row["guest_key"] == me.room)
