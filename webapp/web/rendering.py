"""How HTML is drawn: the Jinja environment and what every template may call."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar.plugins.htmx import HTMXTemplate
from litestar.response import Template

from webapp import clock
from webapp.conference.contact import organisers
from webapp.settings import settings
from webapp.text.countries import country_name, country_options
from webapp.text.currencies import money
from webapp.text.languages import in_language, lang, language_name
from webapp.text.mail_domains import suggestion
from webapp.text.prose import linked, plain, prose
from webapp.text.written import (
    clock_time,
    counted,
    day,
    ends_of_range,
    full_date,
    in_zone,
    short_date,
    short_moment,
)
from webapp.web.static_files import module, static

HERE = Path(__file__).parents[1]


def create_environment() -> Environment:
    """The Jinja environment, with all that templates may call."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=settings().development,
    )
    environment.globals |= {
        "money": money,
        "organisers": organisers,
        "day": day,
        "short_date": short_date,
        "full_date": full_date,
        "ends_of_range": ends_of_range,
        "clock_time": clock_time,
        "short_moment": short_moment,
        "in_zone": in_zone,
        "counted": counted,
        "plain": plain,
        "prose": prose,
        "linked": linked,
        "lang": lang,
        "static": static,
        "host": lambda: settings().url.partition("://")[2],
        "module": module,
        "country_options": country_options,
        "country_name": country_name,
        "rehearsal": _rehearsal,
        "suggested": suggestion,
    }
    environment.filters["in_language"] = in_language
    environment.filters["language_name"] = language_name
    return environment


def _rehearsal() -> datetime | None:
    return clock.now() if clock.rehearsing() else None


environment = create_environment()


def draw(template: str, **context: Any) -> str:
    """Draw a template without a request: what it says is the same for everyone who reads it."""
    return environment.get_template(template).render(context)


def page(template: str, *, status: int = 200, **context: Any) -> Template:
    """A whole page for one visitor; nobody else may keep it."""
    return Template(template, context=context, status_code=status, headers=PRIVATE)


def fragment(template: str, *, status: int = 200, **context: Any) -> HTMXTemplate:
    """A part of a page, for HTMX to swap in."""
    return HTMXTemplate(template_name=template, context=context, status_code=status, headers=PRIVATE)


PRIVATE = {"Cache-Control": "no-store"}
