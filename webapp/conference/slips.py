"""What people write who do not write TOML every day, and what they have to write instead."""

from __future__ import annotations

import re

QUOTES = "“”„‟«»‘’‚"
VALUE = re.compile(r"^\s*[\w.-]+\s*=\s*(?P<value>.*?)\s*$")
DATE = re.compile(r"(?<![\d-])(\d{1,2})([./])(\d{1,2})\2(\d{4})(?!\d)")

SHORT_DATE = re.compile(r"(?!\d{4}-\d\d-\d\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")


def meant(line: str) -> str | None:
    """What is wrong with a line that cannot be read, in plain words; None where we cannot tell."""
    if not (found := VALUE.match(line)):
        if key := re.match(r"\s*([\w.-]+)\s*:", line):
            return f"Write = between a name and its value: {key[1]} = …"
        return None
    value = found["value"]
    if date := DATE.search(value):
        day, separator, month, year = date.groups()
        order = f"{year}-{int(month):02}-{int(day):02}" if separator == "." else "2017-11-06"
        return f"Write a date as year, month and day: {order}. With a time it is {order}T09:30:00."
    if short := SHORT_DATE.match(value):
        order = f"{short[1]}-{int(short[2]):02}-{int(short[3]):02}"
        return f"Write a date with two digits each for month and day: {order}."
    if re.match(r"\d{1,2}\.? [^\W\d]{3,}\.? \d{4}", value):
        return "Write a date as year, month and day: 2017-11-06."
    if re.match(rf"\[?\s*[{QUOTES}]", value) or (value.count('"') % 2 and re.search(rf"[{QUOTES}]", value)):
        return 'Text stands in straight quotation marks, ", and not in curly ones.'
    if re.match(r"\d[\d. \u00a0]*,\d{1,2}\b(?!,)", value):
        return "Write decimals with a point, and nothing between thousands: 5800.50."
    if re.match(r"\d{1,3}([ \u00a0'’]\d{3})+", value):
        return "Write nothing between thousands: 5800."
    if unit := re.match(r"(\d+(?:\.\d+)?)\s*(%|[^\W\d_]+\.?|[€$£])\s*(#|$)", value):
        return f"Write a number alone, without “{unit[2]}”: {unit[1]}."
    if re.match(r"\d{4}-\d\d-\d\d[ T]\d\d?:\d\d\s*(#|$)", value):
        return "Write a time with its seconds, too: 2017-06-20T00:00:00."
    if re.match(r"\d\d?:\d\d\s*(#|$)", value):
        return "Write a time with two digits each for hour, minute and second: 09:30:00."
    if re.match(r"(yes|no|on|off|ja|nei|nej|True|False)\b", value):
        return "Write true or false, in small letters and without quotation marks."
    if re.match(r"[^\W\d]", value):
        return 'Text stands in quotation marks: title = "…".'
    return None
