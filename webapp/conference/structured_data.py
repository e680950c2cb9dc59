"""The conference for search engines, as schema.org describes events (https://schema.org/Event)."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from webapp.conference.file import Session, Speaker, Venue
from webapp.conference.programme import Programme
from webapp.conference.registration import Product, ProductKind
from webapp.text.currencies import minor_digits
from webapp.text.prose import plain

SUPER_EVENT = ("@type", "name", "url", "startDate", "endDate", "location")


def event_data(programme: Programme, base_url: str, session: Session | None = None) -> Markup:
    """JSON-LD of the conference, or of one session within it, safe to stand in a script element."""
    whole = _conference(programme, base_url)
    data = whole if session is None else _session(programme, base_url, session, whole)
    text = json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False)
    # Within a script element only these characters could end it or begin a comment.
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def _conference(programme: Programme, base_url: str) -> dict[str, Any]:
    conference, registration = programme.conference, programme.registration
    return {
        "@type": "Event",
        "name": conference.title,
        "description": conference.tagline,
        "url": f"{base_url}/",
        "startDate": conference.starts.isoformat(),
        "endDate": conference.ends.isoformat(),
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "eventStatus": "https://schema.org/EventScheduled",
        **({"location": _place(conference.venue)} if conference.venue else {}),
        "organizer": [
            {"@type": "Organization", "name": organiser.name}
            | ({"url": organiser.url} if organiser.url else {})
            for organiser in conference.organiser
        ],
        **({"image": [conference.image]} if conference.image else {}),
        **(
            {"performer": [_performer(speaker) for speaker in programme.speakers]}
            if programme.speakers
            else {}
        ),
        "offers": [
            offer
            for product in programme.products
            if product.kind is not ProductKind.ROOM
            for offer in _offers(product, registration.currency, base_url)
        ],
    }


def _offers(product: Product, currency: str, base_url: str) -> list[dict[str, Any]]:
    """A product at each of its prices."""
    return [
        {
            "@type": "Offer",
            "name": product.title if len(product.price) == 1 else f"{product.title}: {price.title}",
            "price": f"{price.amount:.{minor_digits(currency)}f}",
            "priceCurrency": currency,
            "url": f"{base_url}/register",
        }
        | ({"priceValidUntil": price.until.isoformat()} if price.until else {})
        for price in product.price
    ]


def _performer(speaker: Speaker) -> dict[str, Any]:
    return {"@type": "Organization" if speaker.organisation else "Person", "name": speaker.name} | (
        {"affiliation": {"@type": "Organization", "name": speaker.affiliation}}
        if speaker.affiliation and not speaker.organisation
        else {}
    )


def _place(venue: Venue) -> dict[str, Any]:
    address = {
        "streetAddress": venue.street or venue.address,
        "postalCode": venue.postcode,
        "addressLocality": venue.city,
        "addressCountry": venue.country,
    }
    return {
        "@type": "Place",
        "name": venue.name,
        "address": {"@type": "PostalAddress", **{name: text for name, text in address.items() if text}},
    }


def _session(programme: Programme, base_url: str, session: Session, whole: dict[str, Any]) -> dict[str, Any]:
    status = "EventCancelled" if session.cancelled else "EventScheduled"
    data = {
        "@type": "Event",
        "name": session.title,
        "url": f"{base_url}/programme/{session.slug}",
        "startDate": (session.starts_at or session.day).isoformat(),
        "eventStatus": f"https://schema.org/{status}",
        **{key: whole[key] for key in ("location",) if key in whole},
        "superEvent": {key: whole[key] for key in SUPER_EVENT if key in whole},
    }
    if session.ends_at is not None:
        data["endDate"] = session.ends_at.isoformat()
    if session.abstract:
        data["description"] = plain(session.abstract)
    performers = [_performer(speaker) for speaker in programme.speakers_of(session)]
    if performers:
        data["performer"] = performers
    if "image" in whole:
        data["image"] = whole["image"]
    sold = next((product for product in programme.products if product.session == session.slug), None)
    if sold:
        data["offers"] = _offers(sold, programme.registration.currency, base_url)
    return data
