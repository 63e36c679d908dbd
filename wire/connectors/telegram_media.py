"""What a Telegram message carries besides its text."""

import re
from collections.abc import Callable

from selectolax.lexbor import LexborNode

from wire.connectors import mediarss, text_fields

from .base import Media
from .links import absolute

_PICTURE = re.compile(r"background-image\s*:\s*url\(\s*['\"]?([^'\")]+)", re.IGNORECASE)
_WIDTH = re.compile(r"(?<![\w-])width\s*:\s*(\d{1,5})px")


def media(message: LexborNode, url: str) -> tuple[Media, ...]:
    """Return the pictures, films, sounds, files and places of a message, in order."""
    found: list[Media] = []
    for selector, read in _READERS:
        for element in message.css(selector):
            one = read(element, url)
            if one is not None:
                found.append(one)
    playable = mediarss.once([one for one in found if one.url])
    unserved = [one for one in found if not one.url]  # shown, but only in the app
    return (*playable, *unserved)[: text_fields.MAX_MEDIA]


def words(message: LexborNode) -> str:
    """Return what a poll asks and a contact says: words outside the message's text."""
    poll = message.css_first(".tgme_widget_message_poll")
    if poll is None:
        return ""
    lines = [_text(poll, ".tgme_widget_message_poll_question")]
    for option in poll.css(".tgme_widget_message_poll_option"):
        share = _text(option, ".tgme_widget_message_poll_option_percent")
        choice = _text(option, ".tgme_widget_message_poll_option_text")
        lines.append(f"- {choice} ({share})" if share else f"- {choice}")
    return "\n".join(line for line in lines if line)


def _photo(element: LexborNode, url: str) -> Media | None:
    picture = _background(element)
    width = _WIDTH.search(element.attributes.get("style") or "")
    if not picture:
        return None
    return Media(kind="image", url=picture, width=int(width[1]) if width else None)


def _video(element: LexborNode, url: str) -> Media | None:
    film = element.css_first("video")
    source = absolute(film.attributes.get("src"), "https:") if film else ""
    still = element.css_first(
        ".tgme_widget_message_video_thumb, .tgme_widget_message_roundvideo_thumb"
    )
    label = "" if source else _text(element, ".message_media_not_supported_label")
    return Media(
        kind="video",
        url=source,
        duration=_seconds(_text(element, "time")),
        title=label,
        thumbnail=_background(still) if still else "",
    )


def _sound(element: LexborNode, url: str) -> Media | None:
    source = absolute(element.attributes.get("src"), "https:")
    return Media(kind="audio", url=source) if source else None


def _document(element: LexborNode, url: str) -> Media | None:
    title = _text(element, ".tgme_widget_message_document_title")
    link = absolute(element.attributes.get("href"), "https:")
    sound = element.css_first(".tgme_widget_message_document_icon.audio") is not None
    return Media(
        kind="audio" if sound else "document",
        url="" if link.startswith(url) else link,
        title=title or _text(element, ".tgme_widget_message_document_extra"),
    )


def _sticker(element: LexborNode, url: str) -> Media | None:
    picture = element.css_first("i, img, video")
    if picture is None:
        return None
    said = picture.attributes
    link = said.get("data-webp") or said.get("src") or ""
    return Media(
        kind="image", url=absolute(link) or _background(picture), title="sticker"
    )


def _place(element: LexborNode, url: str) -> Media | None:
    link = absolute(element.attributes.get("href"), "https:")
    title = _text(element, ".tgme_widget_message_location_title")
    return Media(kind="link", url=link, title=title or "location") if link else None


def _preview(element: LexborNode, url: str) -> Media | None:
    link = absolute(element.attributes.get("href"), "https:")
    if not link:
        return None
    still = element.css_first(".link_preview_image, .link_preview_right_image")
    return Media(
        kind="link",
        url=link,
        title=_text(element, ".link_preview_title")
        or _text(element, ".link_preview_site_name"),
        thumbnail=_background(still) if still else "",
    )


def _service_photo(element: LexborNode, url: str) -> Media | None:
    picture = absolute(element.attributes.get("src"), "https:")
    return Media(kind="image", url=picture) if picture else None


_Read = Callable[[LexborNode, str], Media | None]
_READERS: list[tuple[str, _Read]] = [
    (".tgme_widget_message_photo_wrap", _photo),
    (
        ".tgme_widget_message_video_player, .tgme_widget_message_roundvideo_player",
        _video,
    ),
    (".tgme_widget_message_voice_player audio, audio.js-message_voice", _sound),
    (".tgme_widget_message_document_wrap", _document),
    (".tgme_widget_message_sticker_wrap", _sticker),
    (".tgme_widget_message_location_wrap", _place),
    (".tgme_widget_message_service_photo img", _service_photo),
    ("a.tgme_widget_message_link_preview", _preview),
]


def _background(element: LexborNode) -> str:
    shown = _PICTURE.search(element.attributes.get("style") or "")
    return absolute(shown[1], "https:") if shown else ""


def _seconds(text: str) -> float | None:
    parts = text.split(":")
    if not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        return None
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return float(total)


def _text(element: LexborNode, selector: str) -> str:
    inside = element.css_first(selector)
    return text_fields.name(inside.text()) if inside else ""
