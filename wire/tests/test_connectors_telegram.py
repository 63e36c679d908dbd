"""Telegram's pages as captured, against what others read in them."""

import json
import re

import pytest

from wire import connectors
from wire.connectors import Batch, Origin, ParseError
from wire.connectors.telegram import views
from wire.sanitise import clean_html

# Files of which another project states more, or something else, than we make of them.
DISAGREEMENTS = {
    "tchan__channel_info.html": "a channel's header without its posts is refused",
    "tchan__parse_message_weird_preview.html: photo": "a drawn emoji is no photo",
}


def squeezed(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "")


@pytest.fixture
def folder(shared_data):
    return shared_data / "telegram"


def kinds(post, kind: str) -> list:
    return [one for one in post.media if one.kind == kind]


def test_the_preview_pages_are_read_as_expected(folder):
    pages = json.loads((folder / "expectations.json").read_text())["pages"]
    assert len(pages) == 3
    for name, said in pages.items():
        batch = connectors.read((folder / "preview" / name).read_bytes())
        assert batch.title == (said["channel_title"] or ""), name
        older = f"?before={said['older_than']}" if said["older_than"] else ""
        assert batch.next_page.endswith(older), name
        assert [p.external_id for p in batch.posts] == [
            e["post"] for e in said["posts"]
        ]
        for post, expected in zip(batch.posts, said["posts"], strict=True):
            assert_as_expected(post, expected)


def assert_as_expected(post, expected: dict) -> None:
    told = connectors.as_json(post)["source_time"]
    at = expected["datetime"]
    assert told == (at.replace("+00:00", "Z") if at else None)
    assert post.views == expected["views"]
    words = post.words()
    if "text_first_line" in expected:
        assert words.split("\n")[0].strip() == expected["text_first_line"]
        assert len(squeezed(words)) == expected["text_letters"]
    else:
        assert words == ""
    assert len(kinds(post, "image")) == expected["photos"]
    assert len(kinds(post, "video")) == expected["videos"]
    playable = [one for one in kinds(post, "video") if one.url]
    assert len(playable) == expected["playable_videos"]
    if "forwarded_from" in expected:
        assert post.kind == "repost"
        assert post.repost_of.url == expected["forwarded_from"]
        assert post.repost_of.name


def test_single_messages_are_read_as_another_project_reads_them(folder):
    peer = json.loads((folder / "expectations.json").read_text())["peer"]
    assert len(peer) > 12
    for name, messages in peer.items():
        raw = (folder / "messages" / name).read_bytes()
        if name in DISAGREEMENTS:
            with pytest.raises(ParseError, match="no list of posts"):
                connectors.read(raw)
            continue
        batch = connectors.read(raw)
        assert len(batch.posts) == len(messages), name
        for post, said in zip(batch.posts, messages, strict=True):
            assert_as_the_peer_says(name, post, said)


def assert_as_the_peer_says(name: str, post, said: dict) -> None:
    assert post.external_id == f"{said['channel']}/{said['id']}"
    at = connectors.as_json(post)["source_time"]
    assert at == said["created_at"].replace("+00:00", "Z")
    assert post.edited == said["edited"], name
    assert post.author == (said["author"] or "")
    assert post.views == said["views"]
    assert (post.kind == "service") == (said["type"] == "service")
    assert squeezed(post.words()) == squeezed(said["text"]), name
    for kind, url in said["urls"]:
        assert_carried(name, post, kind, url)
    if said.get("preview_url"):
        preview = kinds(post, "link")[0]
        assert preview.url == said["preview_url"]
        assert preview.title == said["preview_title"]
        assert preview.thumbnail == (said["preview_image_url"] or "")


def assert_carried(name: str, post, kind: str, url: str) -> None:
    if f"{name}: {kind}" in DISAGREEMENTS:
        return
    if kind == "photo":
        assert url in [one.url for one in kinds(post, "image")]
    elif kind in ("video", "round-video"):
        assert url in [one.url for one in kinds(post, "video")]
    elif kind.startswith("thumbnail"):
        assert url in [one.thumbnail for one in kinds(post, "video")]
    else:
        assert url.split("?q=")[0].rpartition("/")[2] in post.html


def test_a_channel_without_posts_is_an_empty_answer_and_says_so(folder):
    page = folder / "messages" / "tchan__parse_no_posts_found.html"
    batch = connectors.read(page.read_bytes())
    assert batch.posts == ()
    assert batch.warnings == ("the channel says it has no posts",)


def test_embeds_of_a_single_post_are_read(folder):
    told = {}
    for path in sorted((folder / "embed-widget").iterdir()):
        (post,) = connectors.read(path.read_bytes()).posts
        told[post.external_id] = (
            post.edited,
            post.views is not None,
            bool(post.words()),
        )
    assert set(told) == {"K1inUSA/5340", "K1inUSA/5343", "K1inUSA/5345"}
    assert told["K1inUSA/5343"] == (True, True, True)


def test_bot_updates_know_their_edits(folder):
    batch = connectors.read((folder / "bot-api" / "updates.json").read_bytes())
    assert batch.format == "telegram-bot"
    assert [(p.external_id, p.version) for p in batch.posts] == [
        ("ClashReport/93429", ""),
        ("ClashReport/93430", ""),
        ("ClashReport/93431", ""),
        ("ClashReport/93429", "1787543999"),
    ]
    assert batch.posts[-1].text.startswith("CORRECTION")
    assert batch.posts[1].media[0].width == 1280


def test_a_desktop_export_is_read_whole(folder):
    batch = connectors.read((folder / "desktop-export" / "result.json").read_bytes())
    assert batch.format == "telegram-export"
    assert len(batch.posts) == 6
    assert (
        batch.posts[0].words().startswith("Очень странные дела (S1 E1-5)\n\n📹 ТВИЧ |")
    )
    assert batch.posts[1].media[0].length == 1078558941


def test_every_file_of_telegram_is_read_or_refused_by_name(folder):
    refused = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".json") and path.name != "expectations.json":
            try:
                batch = connectors.read(path.read_bytes())
            except ParseError:
                refused.append(path.name)
                continue
            assert not batch.rejected
            for post in batch.posts:
                assert clean_html(clean_html(post.html)) == clean_html(post.html)
    assert refused == ["tchan__channel_info.html"]


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (
            '<div class="tgme_page"><div class="tgme_page_title">x</div></div>',
            "no preview",
        ),
        ('<div class="tgme_channel_info"></div>', "no list of posts"),
        ("<html><body>Moved</body></html>", "no Telegram posts"),
        (
            '<div class="tgme_widget_message_error">Post not found</div>',
            "does not show this post: Post not found",
        ),
    ],
)
def test_a_page_without_posts_is_refused_and_says_why(page, sentence):
    with pytest.raises(ParseError, match=sentence):
        connectors.read(
            page.encode(), format="telegram", origin=Origin(url="https://t.me/s/x")
        )


@pytest.mark.parametrize(
    ("shown", "number"),
    [("3.12K", 3120), ("2", 2), ("1.2M", 1_200_000), ("", None), ("many", None)],
)
def test_views_are_numbers(shown, number):
    assert views(shown) == number


def message(inside: str, classes: str = "") -> Batch:
    page = (
        '<main class="tgme_main" data-url="/harbour"><div class="tgme_widget_message '
        f'{classes}" data-post="harbour/7">{inside}<div class="tgme_widget_message_info">'
        '<a class="tgme_widget_message_date" href="https://t.me/harbour/7">'
        '<time datetime="2026-03-02T09:00:00+00:00">09:00</time></a></div></div></main>'
    )
    return connectors.read(page.encode())


def test_a_reply_names_what_it_answers_and_does_not_repeat_it():
    (post,) = message(
        '<a class="tgme_widget_message_reply" href="https://t.me/harbour/5?single&amp;x=1">'
        '<span class="tgme_widget_message_author_name">Harbour</span>'
        '<div class="tgme_widget_message_text js-message_reply_text">Asked</div></a>'
        '<div class="tgme_widget_message_text">Answered</div>'
    ).posts
    assert (post.kind, post.words()) == ("reply", "Answered")
    assert post.reply_to == ("Harbour", "https://t.me/harbour/5?single&x=1")


def test_a_poll_is_told_in_words():
    (post,) = message(
        '<div class="tgme_widget_message_poll">'
        '<div class="tgme_widget_message_poll_question">Sail today?</div>'
        '<div class="tgme_widget_message_poll_option">'
        '<div class="tgme_widget_message_poll_option_percent">60%</div>'
        '<div class="tgme_widget_message_poll_option_text">Yes</div></div></div>'
    ).posts
    assert post.words() == "Sail today?\n- Yes (60%)"


def test_stickers_places_and_files_are_carried():
    (post,) = message(
        '<div class="tgme_widget_message_sticker_wrap">'
        "<i style=\"background-image:url('//cdn.example/s.webp')\"></i></div>"
        '<a class="tgme_widget_message_location_wrap" href="https://maps.example/?q=1"></a>'
        '<a class="tgme_widget_message_document_wrap" href="https://t.me/harbour/7">'
        '<div class="tgme_widget_message_document_title">Notice.pdf</div></a>'
    ).posts
    assert [(m.kind, m.url, m.title) for m in post.media] == [
        ("image", "https://cdn.example/s.webp", "sticker"),
        ("link", "https://maps.example/?q=1", "location"),
        ("document", "", "Notice.pdf"),
    ]


def test_of_a_page_of_thousands_the_newest_are_read_and_the_rest_is_said():
    page = "".join(
        f'<div class="tgme_widget_message" data-post="harbour/{n}"></div>'
        for n in range(1_000)
    )
    batch = connectors.read(page.encode())
    assert batch.posts[-1].external_id == "harbour/999"
    assert len(batch.posts) == 200
    assert batch.warnings == ("800 older messages of the page were left out",)


def test_a_message_without_number_costs_only_itself():
    page = (
        '<div class="tgme_widget_message">no number</div>'
        '<div class="tgme_widget_message" data-post="harbour/8">'
        '<div class="tgme_widget_message_text">Kept</div></div>'
    )
    batch = connectors.read(page.encode())
    assert [post.words() for post in batch.posts] == ["Kept"]
    assert "without its channel and number" in batch.rejected[0].error
