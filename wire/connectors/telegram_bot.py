"""Telegram Bot API: the answer of `getUpdates`, for channels our own bot sits in."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from wire.connectors import json_reader, language, text_fields
from wire.connectors.collector import FAULTS, Collector
from wire.connectors.json_reader import listing, mapping, text

from .base import Batch, Media, Origin, Post, Reference, Written

_POSTS = ("channel_post", "edited_channel_post", "message", "edited_message")
_FILES = {
    "video": "video", "video_note": "video", "animation": "video", "audio": "audio",
    "voice": "audio", "document": "document", "sticker": "image",
}  # fmt: skip
_EVENTS = {
    "pinned_message": "pinned a message",
    "new_chat_title": "changed the channel's name",
    "new_chat_photo": "changed the channel's photo",
    "delete_chat_photo": "removed the channel's photo",
    "channel_chat_created": "created the channel",
}


def parse(raw: bytes, origin: Origin) -> Batch:
    """Read an answer of `getUpdates`. Raises `ParseError` if it is none, or an error."""
    collect = Collector()
    document = json_reader.load(raw, origin.content_type, collect.warnings)
    if not is_updates(document):
        json_reader.refuse(document, "answer of getUpdates")
    other = 0
    titles: list[str] = []
    for update in document["result"]:
        number = text(mapping(update).get("update_id")) or "?"
        where, written = f"update {number}", partial(json_reader.dump, update)
        try:
            json_reader.refuse_impossible(update)
            kind = next((key for key in _POSTS if key in update), "")
            if not kind:
                other += 1  # a vote, a member, a reaction: no post
                continue
            message = update[kind]
            collect.posts.append(_post(message, written, where))
            titles.append(text(mapping(message["chat"]).get("title")))
        except FAULTS as fault:
            collect.reject(fault, where, written)
    if other:
        collect.warnings.append(f"updates that are no posts, left out: {other}")
    return collect.batch(
        format="telegram-bot", title=text_fields.line(titles[0]) if titles else ""
    )


def is_updates(document: object) -> bool:
    """Say whether a JSON document is an answer of `getUpdates` that went well."""
    said = mapping(document)
    return said.get("ok") is True and isinstance(said.get("result"), list)


def _post(message: dict[str, Any], written: Written, where: str) -> Post:
    chat = mapping(message["chat"])
    number = text(message["message_id"])
    if not number:
        raise ValueError("a message without its number")
    username = text(chat.get("username"))
    external_id = f"{username or text(chat['id'])}/{number}"
    words = text_fields.clean_text(
        text(message.get("text")) or text(message.get("caption"))
    )
    poll = mapping(message.get("poll"))
    if poll:
        lines = [text(poll.get("question"))]
        lines += [
            f"- {text(mapping(o).get('text'))}" for o in listing(poll.get("options"))
        ]
        words = text_fields.clean_text("\n".join([words, *lines]))
    event = next((said for key, said in _EVENTS.items() if key in message), "")
    repost, reply = _forwarded(message), _reply(message, username)
    kind = "service" if event else "repost" if repost else "reply" if reply else "post"
    edited = _instant(message.get("edit_date"))
    return Post(
        external_id=external_id,
        version=text(message.get("edit_date")),
        kind=kind,
        text=words or event,
        url=f"https://t.me/{external_id}" if username else "",
        author=text_fields.name(text(message.get("author_signature"))),
        source_time=_instant(message.get("date")),
        updated_time=edited,
        language=language.by_script(words),
        repost_of=repost,
        reply_to=reply,
        media=_media(message),
        edited=edited is not None,
        written=written,
        where=where,
    )


def _instant(seconds: object) -> datetime | None:
    """Unix time, as Telegram gives it."""
    if not isinstance(seconds, int) or not 0 < seconds < 32_503_680_000:  # year 3000
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _forwarded(message: dict[str, Any]) -> Reference | None:
    origin = mapping(message.get("forward_origin"))
    chat = mapping(
        origin.get("chat")
        or origin.get("sender_chat")
        or message.get("forward_from_chat")
    )
    number = text(origin.get("message_id")) or text(
        message.get("forward_from_message_id")
    )
    username, title = text(chat.get("username")), text(chat.get("title"))
    person = mapping(origin.get("sender_user") or message.get("forward_from"))
    hidden = text(origin.get("sender_user_name")) or text(
        message.get("forward_sender_name")
    )
    name = title or text(person.get("first_name")) or hidden
    if not name and not username:
        return None
    url = f"https://t.me/{username}/{number}".rstrip("/") if username else ""
    return Reference(text_fields.name(name or username), url)


def _reply(message: dict[str, Any], username: str) -> Reference | None:
    answered = mapping(message.get("reply_to_message"))
    number = text(answered.get("message_id"))
    if not number:
        return None
    name = text(mapping(answered.get("chat")).get("title"))
    url = f"https://t.me/{username}/{number}" if username else ""
    return Reference(text_fields.name(name), url)


def _media(message: dict[str, Any]) -> tuple[Media, ...]:
    found = []
    sizes = [mapping(size) for size in listing(message.get("photo"))]
    if sizes:
        largest = max(sizes, key=lambda s: text_fields.number(s.get("width")) or 0)
        found.append(_file("image", largest))
    for key, kind in _FILES.items():
        if isinstance(message.get(key), dict):
            found.append(_file(kind, message[key]))
    return tuple(found)


def _file(kind: str, given: dict[str, Any]) -> Media:
    """A file is fetched with the bot's token: it has no address to keep."""
    return Media(
        kind=kind,
        type=text_fields.name(text(given.get("mime_type"))),
        width=text_fields.number(given.get("width")),
        height=text_fields.number(given.get("height")),
        length=text_fields.number(given.get("file_size")),
        duration=text_fields.number(given.get("duration")),
        title=text_fields.name(text(given.get("file_name"))),
    )
