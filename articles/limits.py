"""How much is too much, by name. Nothing is cut silently: what is over is refused."""

MAX_PASTE = 1_000_000  # bytes of markup taken in at one save
MAX_BODY = 500_000  # characters of body after cleaning
MAX_BLOCKS = 2_000  # paragraphs, headings, lists and other blocks of one body
MAX_HEADLINE = 200  # characters, as the column
MAX_STANDFIRST = 1_000  # characters
MAX_FRAMING = 5_000  # characters
MAX_CAPTION = 300  # characters, as the column
MAX_NOTE = 2_000  # characters of a note on a move or of a public notice
MAX_BYLINES = 20  # authors of one article
MAX_QUERY = 200  # characters of a reader's search
MAX_EVIDENCE = 300  # open links of one article
MAX_DRAFT_ITEMS = 50  # wire items one draft is started from


class TooMuch(ValueError):
    """Something is over its limit; the message says what, by how much, for an editor."""


def within(what: str, text: str, limit: int) -> str:
    """Return `text`, or raise `TooMuch` if it has more than `limit` characters."""
    if len(text) > limit:
        raise TooMuch(
            f"{what} has {len(text):,} characters; {limit:,} are allowed. Nothing was saved."
        )
    return text
