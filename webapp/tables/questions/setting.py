"""What moderators set on a panel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from webapp.questions.panel_settings import Setting, kept
from webapp.refusal import Refused
from webapp.tables.questions.act import Act
from webapp.tables.questions.changing import Change, changing
from webapp.tables.questions.panel import Panel


async def set_on_panel(panel: str, setting: Setting, moderator: int, now: datetime) -> Act | None:
    """Change settings of a panel, unless they are not as their moderator saw them. Raises Refused.

    None: they are so already.
    """
    async with changing(panel, moderator, now) as change:
        before: Mapping[str, Any] = change.panel
        for name, value in setting.seen.items():
            if before[name] != value:
                raise Refused(await Act.last_setting(change.panel["id"], name, moderator))
        new = {name: value for name, value in setting.values.items() if before[name] != value}
        if not new:
            return None
        columns = {getattr(Panel, name): value for name, value in new.items()}
        await Panel.update(columns).where(Panel.id == change.panel["id"])
        acts = [await _record(change, name, value) for name, value in new.items()]
        return acts[0]


async def _record(change: Change, name: str, value: str | bool) -> Act:
    before: Mapping[str, Any] = change.panel
    act = Act(
        panel=change.panel["id"],
        moderator=change.moderator,
        verb=name,
        before=kept(before[name]),
        after=kept(value),
        revision=change.panel["revision"],
        at=change.now,
    )
    await act.save()
    return act
