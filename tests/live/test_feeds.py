"""What a feed says at a revision, whoever changes what meanwhile. Within this process, on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.support.house import SCHOOL_REFUSAL
from tests.support.room import PANEL
from webapp.conference.loading import load
from webapp.conference.programme import Programme
from webapp.conference.reading import read
from webapp.database.connected import connected
from webapp.database.migrating import migrate
from webapp.database.rows import row_as
from webapp.live.panel_feeds import PanelFeeds
from webapp.questions.states import Source, Verb
from webapp.tables import Panel, Person
from webapp.tables.questions import moderation
from webapp.tables.questions.moderation import Intent, Origin
from webapp.tables.questions.panel import PanelRow
from webapp.tables.questions.question import Content

NOW = datetime(2017, 11, 6, 15, 20, tzinfo=UTC)


@pytest.fixture
async def mona() -> AsyncIterator[int]:
    """A moderator of a conference that is loaded."""
    async with connected():
        await migrate()
        await load(read(SCHOOL_REFUSAL), NOW)
        ids = await Person.known_at(["mona@example.org"], NOW)
        yield ids["mona@example.org"]


async def panel_row() -> PanelRow:
    row = await row_as(PanelRow, Panel.select().where(Panel.slug == PANEL).first())
    assert row
    return row


async def test_a_page_that_comes_from_another_worker_is_told_of_what_is_later_than_it_has_seen(
    mona: int,
) -> None:
    programme = await Programme.read()
    assert programme
    session = programme.session(PANEL)
    assert session
    here, there = PanelFeeds(PANEL), PanelFeeds(PANEL)

    await here.refresh(await panel_row(), session, programme)
    await there.refresh(await panel_row(), session, programme)
    brought = await moderation.bring(PANEL, Content("Shall this stay?"), Origin(Source.FLOOR), mona, NOW)
    question = brought.act.question
    listed = await panel_row()
    await here.refresh(listed, session, programme)
    assert b"Shall this stay?" in here.room.state()

    # The other worker has read the panel's row, and before it reads the questions one of them is put back.
    await moderation.act(PANEL, Intent(question, Verb.RETURN, seen=listed["revision"]), mona, NOW)
    await there.refresh(listed, session, programme)
    await there.refresh(await panel_row(), session, programme)
    missed = there.room.since(listed["revision"])
    assert b'<li id="question-%d" data-gone>' % question in missed


async def test_a_feed_of_ones_own_is_kept_until_it_is_followed(mona: int) -> None:
    programme = await Programme.read()
    assert programme
    session = programme.session(PANEL)
    assert session
    panel = PanelFeeds(PANEL)
    await panel.refresh(await panel_row(), session, programme)
    feed = await panel.own(1, None)
    panel.forget_idle()
    assert panel.mine[1] is feed
    assert await panel.own(1, None) is feed
    panel.forget_idle()
    assert panel.mine[1] is feed, "it was asked for since"
    panel.forget_idle()
    assert not panel.mine
