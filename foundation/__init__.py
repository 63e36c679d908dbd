"""What every app stands on and none owns. The lowest room: it knows no other.

Codes that the world agreed on (zones, currencies, countries, languages, markets), as
validators that name the value and what is right: Babel has the lists (CLDR), zoneinfo the
zones. Whose request it is. Fields that PostgreSQL computes.
"""
