"""Texts people type and read: names, words, countries, languages, prose."""
