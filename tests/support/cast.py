"""The people in the tests. They are the same in every test, at addresses nobody else has used."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    """Somebody in a test."""

    name: str
    email: str
    organisation: str
    country: str
    """Where they work, as ISO 3166 has it."""


def _person(first: str, last: str, organisation: str, country: str) -> Person:
    address = f"{first.lower()}.{secrets.token_hex(4)}@example.org"
    return Person(f"{first} {last}", address, organisation, country)


@dataclass(frozen=True)
class Cast:
    """Everybody, for one test."""

    olga: Person = field(default_factory=lambda: _person("Olga", "Ørsted", "Nordic School Network", "DK"))
    """organises"""
    mona: Person = field(default_factory=lambda: _person("Mona", "Måkestad", "University of Oslo", "NO"))
    """moderates"""
    dag: Person = field(default_factory=lambda: _person("Dag", "Delås", "Bærum kommune", "NO"))
    """is a delegate"""
    gia: Person = field(default_factory=lambda: _person("Gia", "Giannini", "Università di Bologna", "IT"))
    """is a guest"""
    sten: Person = field(default_factory=lambda: _person("Sten", "Strand", "Nowhere", "SE"))
    """is a stranger"""
