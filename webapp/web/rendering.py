"""How HTML is drawn: the Jinja environment and what every template may call."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar.plugins.htmx import HTMXTemplate
from litestar.response import Template

from webapp import clock
from webapp.conference.contact import organisers
from webapp.conference.currencies import minor_digits
from webapp.settings import settings
from webapp.text.countries import country_name, country_options
from webapp.text.languages import in_language, lang, language_name
from webapp.text.mail_domains import suggestion
from webapp.text.prose import linked, plain, prose
from webapp.web.static_files import module, static

HERE = Path(__file__).parents[1]
ENGLISH = Locale("en", "GB")


def money(minor: int, currency: str) -> str:
    """An amount as people write it: `NOK 5,800`, `−NOK 5,800`, and `NOK 1,450.50` only where there are øre."""
    digits = minor_digits(currency)
    amount = Decimal(abs(minor)).scaleb(-digits)
    pattern = "#,##0" if amount == amount.to_integral_value() else f"#,##0.{'0' * digits}"
    return f"{'−' if minor < 0 else ''}{currency} {format_decimal(amount, pattern, locale=ENGLISH)}"


def day(value: date) -> str:
    """`Monday 6 November`."""
    return f"{value:%A} {value.day} {value:%B}"


def clock_time(value: datetime) -> str:
    """`10:15`, in the zone the time carries."""
    return f"{value:%H:%M}"


def in_zone(instant: str, zone: tzinfo) -> str:
    """An instant as a letter keeps it, for people: `Tuesday 2 May, 10:15`."""
    local = datetime.fromisoformat(instant).astimezone(zone)
    return f"{day(local)}, {clock_time(local)}"


def create_environment() -> Environment:
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
        "clock_time": clock_time,
        "in_zone": in_zone,
        "plain": plain,
        "prose": prose,
        "linked": linked,
        "lang": lang,
        "static": static,
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
