"""Telegram Desktop: `result.json` of an exported channel."""

from functools import partial
from typing import Any

from wire.connectors import dates, json_reader, language, text_fields
from wire.connectors.collector import FAULTS, Collector
from wire.connectors.json_reader import listing, mapping, text

from .base import Batch, Media, Origin, Post, Reference, Written

_KINDS = {
    "video_file": "video", "animation": "video", "video_message": "video",
    "audio_file": "audio", "voice_message": "audio", "sticker": "image",
}  # fmt: skip


def parse(raw: bytes, origin: Origin) -> Batch:
    """Read an export. Raises `ParseError` if it is none. An export is read whole."""
    collect = Collector()
    document = json_reader.load(raw, origin.content_type, collect.warnings)
    if not is_export(document):
        json_reader.refuse(document, "export of a channel")
    channel = text(document.get("id")) or text_fields.line(text(document.get("name")))
    for place, message in enumerate(document["messages"], start=1):
        where, written = f"message {place}", partial(json_reader.dump, message)
        try:
            json_reader.refuse_impossible(message)
            collect.posts.append(_post(message, channel, written, where))
        except FAULTS as fault:
            collect.reject(fault, where, written)
    return collect.batch(
        format="telegram-export", title=text_fields.line(text(document.get("name")))
    )


def is_export(document: object) -> bool:
    """Say whether a JSON document is what Telegram Desktop writes of a chat."""
    said = mapping(document)
    return isinstance(said.get("messages"), list) and "name" in said and "type" in said


def _post(message: dict[str, Any], channel: str, written: Written, where: str) -> Post:
    number = text(message["id"])
    if not number:
        raise ValueError("a message without its number")
    words = text_fields.clean_text(_words(message.get("text")))
    service = message.get("type") == "service"
    if service and not words:
        action = text(message.get("action")).replace("_", " ")
        words = text_fields.line(f"{action} {text(message.get('title'))}")
    forwarded = text_fields.name(text(message.get("forwarded_from")))
    answered = text(message.get("reply_to_message_id"))
    kind = (
        "service"
        if service
        else "repost"
        if forwarded
        else "reply"
        if answered
        else "post"
    )
    edited = dates.parse(text(message.get("edited_unixtime")))
    return Post(
        external_id=f"c/{channel}/{number}",
        version=text(message.get("edited_unixtime")),
        kind=kind,
        text=words,
        url=f"https://t.me/c/{channel}/{number}" if channel.isdigit() else "",
        author=text_fields.name(text(message.get("author"))),
        source_time=dates.parse(text(message.get("date_unixtime")))
        or dates.parse(text(message.get("date"))),
        updated_time=edited,
        language=language.by_script(words),
        repost_of=Reference(forwarded, "") if forwarded else None,
        reply_to=_reply(channel, answered) if answered else None,
        media=_media(message),
        edited=edited is not None,
        written=written,
        where=where,
    )


def _words(given: object) -> str:
    """Return the text of a message: a string, or pieces of which some are links."""
    if isinstance(given, str):
        return given
    pieces = (
        p if isinstance(p, str) else mapping(p).get("text") for p in listing(given)
    )
    return "".join(text(piece) for piece in pieces)


def _reply(channel: str, number: str) -> Reference:
    url = f"https://t.me/c/{channel}/{number}" if channel.isdigit() else ""
    return Reference("", url)


def _media(message: dict[str, Any]) -> tuple[Media, ...]:
    """Files lie beside the export, if they were exported at all: no address to keep."""
    if "photo" in message:
        kind, length = "image", text_fields.number(message.get("photo_file_size"))
    elif "file" in message:
        kind = _KINDS.get(text(message.get("media_type")), "document")
        length = text_fields.number(message.get("file_size"))
    else:
        return ()
    return (
        Media(
            kind=kind,
            type=text_fields.name(text(message.get("mime_type"))),
            width=text_fields.number(message.get("width")),
            height=text_fields.number(message.get("height")),
            length=length,
            duration=text_fields.number(message.get("duration_seconds")),
            title=text_fields.name(text(message.get("file_name"))),
        ),
    )
