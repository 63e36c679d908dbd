"""The guarded HTTP client that every way out of the house is built on.

Not used directly: each app has one door of its own, `http.py`, with its own limits.
See docs/decisions/0002-outgoing-client.md.
"""
