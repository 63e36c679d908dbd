"""Codes that the world agreed on: zones, currencies, countries, languages, markets.

The lowest room: what a person may type into a field is judged here, with a sentence that
names the value and what is right. Babel has the lists (CLDR), zoneinfo the zones.
"""
