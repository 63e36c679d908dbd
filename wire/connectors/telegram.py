"""Public Telegram channels: preview pages (`t.me/s/<channel>`) and single-post embeds.

Telegram has no contract for this markup. What is not understood is kept as words, and
a page without its message list is refused rather than taken for an empty channel.
"""

import re
from datetime import datetime
from functools import partial
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from wire.connectors import dates, encoding, language, telegram_media, text_fields
from wire.connectors.collector import FAULTS, Collector

from .base import Batch, Origin, ParseError, Post, Reference, Written
from .links import absolute, absolute_markup

MAX_PAGE = 10_000_000  # bytes
MAX_MESSAGES = 200  # of one page, the newest; Telegram shows twenty
HOME = "https://t.me/"
_MESSAGE = "div.tgme_widget_message"
_TEXT = "tgme_widget_message_text"
_NUMBER = re.compile(r"(?:https?://)?t\.me/(?:s/)?([\w-]+)/(\d+)")
_VIEWS = re.compile(r"([\d.]+)\s*([KM]?)\Z", re.IGNORECASE)
_TWICE_ESCAPED = re.compile(r"(?<=&amp;)amp;")  # in links, since April 2024


def parse(raw: bytes, origin: Origin) -> Batch:
    """Read a page. Raises `ParseError` if it shows no messages and does not say so."""
    if len(raw) > MAX_PAGE:
        raise ParseError(f"{len(raw):,} bytes: more than {MAX_PAGE:,} are not read")
    page = LexborHTMLParser(encoding.decode(raw, origin.content_type))
    messages = [m for m in page.css(_MESSAGE) if "tgme_widget_message" in _classes(m)]
    channel = _channel(page, origin)
    if not messages and page.css_first(".tme_no_messages_found") is None:
        raise ParseError(_why_none(page, channel))
    collect = Collector()
    left = max(len(messages) - MAX_MESSAGES, 0)
    if left:
        collect.warnings.append(f"{left} older messages of the page were left out")
    for place, message in enumerate(messages[left:], start=left + 1):
        where, written = f"message {place}", partial(_written, message)
        try:
            collect.posts.append(_post(message, channel, written, where))
        except FAULTS as fault:
            collect.reject(fault, where, written)
    if not messages:
        collect.warnings.append("the channel says it has no posts")
    return collect.batch(
        format="telegram",
        title=_title(page),
        home_url=HOME + channel if channel else "",
        next_page=_older(page, origin),
    )


def _post(message: LexborNode, channel: str, written: Written, where: str) -> Post:
    external_id = _identity(message, channel)
    channel = external_id.partition("/")[0]
    url = HOME + external_id
    service = "service_message" in _classes(message)
    html = _html(message, f"{HOME}s/{channel}")
    text = "\n\n".join(
        filter(None, (text_fields.words(html), telegram_media.words(message)))
    )
    repost, reply = _forwarded(message), _reply(message)
    kind = (
        "service" if service else "repost" if repost else "reply" if reply else "post"
    )
    return Post(
        external_id=external_id,
        kind=kind,
        text=text,
        html=html,
        url=url,
        author=_words(message, ".tgme_widget_message_from_author"),
        source_time=_time(message),
        language=language.by_script(text),
        repost_of=repost,
        reply_to=reply,
        media=telegram_media.media(message, url),
        edited="edited" in _words(message, ".tgme_widget_message_meta").lower().split(),
        views=views(_words(message, ".tgme_widget_message_views")),
        written=written,
        where=where,
    )


def _written(message: LexborNode) -> bytes:
    return (message.html or "").encode(errors="replace")


def _identity(message: LexborNode, channel: str) -> str:
    given = message.attributes.get("data-post") or ""
    if re.fullmatch(r"[\w-]+/\d+", given):
        return given
    date = message.css_first("a.tgme_widget_message_date")
    link = (date.attributes.get("href") or "") if date else ""
    numbered = _NUMBER.match(link)
    if numbered is None:
        raise ValueError("a message without its channel and number")
    return f"{numbered[1]}/{numbered[2]}"


def _html(message: LexborNode, base: str) -> str:
    """Return the message's own text: not the one it answers, not its copy inside."""
    for element in message.css(f".{_TEXT}"):
        if not _inside(element, "tgme_widget_message_reply", message):
            markup = element.inner_html or ""
            # A message with media wraps its text in a second element of the same class.
            return absolute_markup(_TWICE_ESCAPED.sub("", markup), base).strip()
    return ""


def _inside(element: LexborNode, wanted: str, until: LexborNode) -> bool:
    above = element.parent
    while above is not None and above.mem_id != until.mem_id:
        if wanted in _classes(above):
            return True
        above = above.parent
    return False


def _forwarded(message: LexborNode) -> Reference | None:
    whole = message.css_first(".tgme_widget_message_forwarded_from")
    if whole is None:
        return None
    named = whole.css_first(".tgme_widget_message_forwarded_from_name")
    link = (named.attributes.get("href") or "") if named else ""
    name = (
        text_fields.line((named or whole).text()).removeprefix("Forwarded from").strip()
    )
    return Reference(name, absolute(unescape(link), HOME))


def _reply(message: LexborNode) -> Reference | None:
    answered = message.css_first("a.tgme_widget_message_reply")
    if answered is None:
        return None
    name = _words(answered, ".tgme_widget_message_author_name")
    link = answered.attributes.get("href") or ""
    return Reference(name, absolute(unescape(link), HOME))


def _time(message: LexborNode) -> datetime | None:
    # The date link's own <time>: a video has one too, for its length.
    element = message.css_first(".tgme_widget_message_date time")
    return dates.parse(element.attributes.get("datetime")) if element else None


def views(text: str) -> int | None:
    """Return 3120 for "3.12K"; None where no number is shown."""
    shown = _VIEWS.match(text.strip())
    if shown is None:
        return None
    times = {"": 1, "K": 1_000, "M": 1_000_000}[shown[2].upper()]
    try:
        return round(float(shown[1]) * times)
    except ValueError:
        return None


def _channel(page: LexborHTMLParser, origin: Origin) -> str:
    """Return the name in the channel's address, wherever the page or its URL has it."""
    for selector, attribute in (
        (".tgme_channel_info_header_username a", "href"),
        ("main.tgme_main", "data-url"),
        ("a.tgme_widget_message_owner_name", "href"),
    ):
        element = page.css_first(selector)
        found = (element.attributes.get(attribute) or "") if element else ""
        if found:
            return found.rstrip("/").rpartition("/")[2].partition("?")[0]
    inside = re.match(r"https?://t\.me/(?:s/)?([\w-]+)", origin.url)
    return inside[1] if inside else ""


def _title(page: LexborHTMLParser) -> str:
    own = _words(page, ".tgme_channel_info_header_title")
    if own:
        return own
    meta = page.css_first('meta[property="og:title"]')
    shared = (meta.attributes.get("content") or "") if meta else ""
    return text_fields.line(shared) or _words(page, ".tgme_widget_message_owner_name")


def _older(page: LexborHTMLParser, origin: Origin) -> str:
    for selector in ('link[rel="prev"]', "a.tme_messages_more[data-before]"):
        element = page.css_first(selector)
        if element is not None:
            return absolute(element.attributes.get("href"), origin.url or HOME)
    return ""


def _why_none(page: LexborHTMLParser, channel: str) -> str:
    called = f" of {channel}" if channel else ""
    if page.css_first(".tgme_widget_message_error") is not None:
        said = _words(page, ".tgme_widget_message_error")
        return f"Telegram does not show this post: {said}"
    if (
        page.css_first("[class*='tgme_channel_info'], .tgme_channel_history")
        is not None
    ):
        return f"the page{called} shows the channel but no list of posts"
    if page.css_first(".tgme_page") is not None:
        return (
            f"Telegram shows no preview{called}: private, restricted, or not a channel"
        )
    return "a web page that shows no Telegram posts"


def _words(within: LexborNode | LexborHTMLParser, selector: str) -> str:
    element = within.css_first(selector)
    return text_fields.line(element.text()) if element else ""


def _classes(element: LexborNode) -> list[str]:
    return (element.attributes.get("class") or "").split()
