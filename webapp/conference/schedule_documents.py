"""The text of a schedule, `schedule.json` or `schedule.xml`, as one kind of document, so that there is one reader.

The document has the names of the JSON form. What stands in the XML as attributes, or as elements within elements, is
brought under them; what neither form has a name for stays, so that the reader can say that it was left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

from webapp.conference.problems import ConferenceFileError, Problem

LARGEST_SCHEDULE = 20 * 1024 * 1024
"""Bytes. The largest congresses of the field stay below a quarter of it."""
LINE = "line"
"""Under this name an event says on which line of the file it stands."""
PROSE = ("abstract", "description")

Document = dict[str, Any]


def document_of(source: Path | bytes) -> Document:
    """Read JSON or XML. Raises ConferenceFileError."""
    content = source if isinstance(source, bytes) else _content(source)
    content = content.removeprefix(b"\xef\xbb\xbf").strip()
    return _from_xml(content) if content.startswith(b"<") else _from_json(content)


def refuse(reason: str, line: int | None = None) -> NoReturn:
    """Raise ConferenceFileError with this one problem."""
    raise ConferenceFileError((Problem(line, reason),))


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_SCHEDULE:
        refuse("The file is larger than 20 MB. That is no schedule.")
    return path.read_bytes()


def _from_json(content: bytes) -> Document:
    try:
        document = json.loads(content.decode("utf-8"), object_pairs_hook=_together)
    except json.JSONDecodeError as error:
        if error.pos == 0:
            refuse("It begins neither with < as XML does, nor with { as JSON does.", error.lineno)
        refuse("This cannot be read as JSON from here on.", error.lineno)
    except UnicodeDecodeError:
        refuse("The file is not saved as UTF-8 text. Save it as that.")
    except (ValueError, RecursionError):
        refuse("This cannot be read as JSON.")
    return document if isinstance(document, dict) else {}


def _together(pairs: list[tuple[str, Any]]) -> Document:
    """An object in which lists of one name (a room that comes twice) are one list."""
    found: Document = {}
    for name, value in pairs:
        both = isinstance(value, list) and isinstance(found.get(name), list)
        found[name] = found[name] + value if both else value
    return found


def _from_xml(content: bytes) -> Document:
    root = _parse_xml(content)
    generator, conference = root.find("generator"), root.find("conference")
    facts: Document = {}
    for element in conference if conference is not None else ():
        if element.tag == "track":
            name = element.get("name") or element.text
            facts.setdefault("tracks", []).append({**element.attrib, "name": name})
        else:
            facts[element.tag] = _value(element)
    facts["days"] = list(map(_day, root.findall("day")))
    return {
        "generator": dict(generator.attrib) if generator is not None else {},
        "schedule": {
            "conference": facts,
            **{e.tag: _value(e) for e in root if e.tag not in ("generator", "conference", "day")},
        },
    }


def _day(element: ElementTree.Element) -> Document:
    rooms: dict[str, list[Document]] = {}
    for room in element.findall("room"):
        rooms.setdefault(room.get("name", ""), []).extend(map(_event, room.findall("event")))
    if loose := element.findall("event"):
        rooms.setdefault("", []).extend(map(_event, loose))
    return {
        "date": element.get("date"),
        "day_start": element.get("start"),
        "day_end": element.get("end"),
        "rooms": rooms,
    }


def _event(element: ElementTree.Element) -> Document:
    event: Document = {}
    for fact in element:
        match fact.tag:
            case "persons":
                event["persons"] = [{**person.attrib, "name": person.text} for person in fact]
            case "links" | "attachments":
                event[fact.tag] = [{"title": link.text, **link.attrib} for link in fact]
            case "recording":
                event["recording"] = {part.tag: _value(part) for part in fact}
            case tag if tag in PROSE:
                event[tag] = _markup(fact)
            case tag:
                event[tag] = _value(fact)
    return {**event, **element.attrib, LINE: int(element.get(LINE, "0")) or None}


def _value(element: ElementTree.Element) -> Any:
    """The text of an element; of one without text, what it has instead."""
    return "".join(element.itertext()).strip() or dict(element.attrib) or None


def _markup(element: ElementTree.Element) -> str | None:
    """The text of an element, in which some programs leave their HTML as it is."""
    return "".join(_pieces(element)) if len(element) else element.text


def _pieces(element: ElementTree.Element) -> Iterator[str]:
    yield escape(element.text or "", quote=False)
    for part in element:
        yield ElementTree.tostring(part, encoding="unicode", method="html")


def _parse_xml(content: bytes) -> ElementTree.Element:
    """Parse XML, refusing document types: only they can make a small file grow, or fetch other files."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "event":
            attributes[LINE] = str(parser.CurrentLineNumber)
        builder.start(tag, attributes)

    def doctype(*_: Any) -> NoReturn:
        refuse(
            "It begins with a document type (<!DOCTYPE …>), which a schedule has no need of.",
            parser.CurrentLineNumber,
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        refuse(f"This cannot be read as XML: {expat.ErrorString(error.code)}.", error.lineno)
    except (LookupError, ValueError):
        refuse("The file is in an encoding that we do not know. Save it as UTF-8.")
    return builder.close()
