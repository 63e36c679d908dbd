"""Sources and documents of the wire from a shell."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from wire import polling, subscribe
from wire.connectors.base import ParseError
from wire.models import Item, Publisher, Source
from wire.tests.factories import NINE, fetched, make_source, rss

TWO = rss(("a", "Ferry sails"), ("b", "Bridge closed"))


@pytest.fixture(autouse=True)
def _own_blobs(settings, tmp_path):
    settings.BLOB_DIR = tmp_path / "blobs"


def run(*words):
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def add(url="https://feeds.example/news", body=TWO, **fields):
    def fetch(asked, **validators):
        return fetched(body, url=asked)

    return subscribe.add_source(url, now=NINE, fetch=fetch, **fields)


class TestReadingFiles:
    def test_stores_nothing_and_prints_one_line_for_each_file(self, tmp_path):
        (tmp_path / "good.xml").write_bytes(TWO)
        (tmp_path / "bad.html").write_bytes(b"<!doctype html><html><body>Hi</html>")
        files = [str(tmp_path / "good.xml"), str(tmp_path / "bad.html")]
        good, bad = map(json.loads, run("wire", "read", *files, "--json").splitlines())
        assert good["format"] == "rss"
        assert [i["external_id"] for i in good["items"]] == ["a", "b"]
        assert good["rejected"] == []
        assert set(good["items"][0]) == {
            *("external_id", "version", "status", "kind", "headline", "text", "url"),
            *("author", "source_time", "language", "repost_of", "reply_to", "media"),
        }
        assert bad["error"]

    def test_names_a_file_that_is_not_there(self, tmp_path):
        line = run("wire", "read", str(tmp_path / "none.xml"), "--json")
        assert "No such file" in json.loads(line)["error"]


@pytest.mark.django_db
class TestImporting:
    def test_stores_what_a_file_holds(self, tmp_path):
        source = make_source()
        (tmp_path / "good.xml").write_bytes(TWO)
        words = run(
            "wire", "import", str(tmp_path / "good.xml"), "--source", source.name
        )
        assert "2 new" in words
        assert Item.objects.count() == 2

    def test_one_refused_file_costs_the_others_nothing(self, tmp_path):
        source = make_source()
        (tmp_path / "bad.xml").write_bytes(b"")
        (tmp_path / "good.xml").write_bytes(TWO)
        files = [str(tmp_path / name) for name in ("bad.xml", "good.xml")]
        with pytest.raises(CommandError, match="1 of 2 files refused"):
            run("wire", "import", *files, "--source", source.slug)
        assert Item.objects.count() == 2

    def test_replays_a_folder_in_order(self, tmp_path):
        source = make_source()
        (tmp_path / "2.xml").write_bytes(rss(("a", "Ferry sails again")))
        (tmp_path / "1.xml").write_bytes(TWO)
        run("wire", "replay", str(tmp_path), "--source", source.slug, "--speed", "1000")
        assert Item.objects.get(external_id="a").headline == "Ferry sails again"

    def test_names_a_source_that_does_not_exist(self, tmp_path):
        with pytest.raises(CommandError, match="no source called “Nobody”"):
            run("wire", "import", str(tmp_path / "x"), "--source", "Nobody")


@pytest.mark.django_db
class TestAddingASource:
    def test_finds_the_format_and_the_name_by_itself(self):
        source = add()
        assert (source.format, source.name) == ("rss", "Harbour News")
        assert source.publisher.name == "Harbour News"
        assert source.due_at == NINE

    def test_lets_nothing_through_unless_told_to(self):
        assert add().release == "desk"
        assert (
            add("https://feeds.example/2", name="Two", release="auto").release == "auto"
        )

    def test_takes_a_channel_by_its_address(self):
        page = (
            b'<html><body class="tgme_body"><div class="tgme_channel_info"></div>'
            b'<div class="tme_no_messages_found">No posts found</div></body></html>'
        )
        source = add("https://t.me/portwatch", body=page, name="Port Watch")
        assert source.url == "https://t.me/s/portwatch"
        assert source.format == "telegram"

    def test_says_what_an_address_serves_instead(self):
        with pytest.raises(ParseError):
            add(body=b"<!doctype html><html><title>Log in</title></html>")
        assert not Source.objects.exists()

    def test_refuses_the_same_address_and_the_same_name_twice(self):
        add()
        with pytest.raises(ValueError, match="is a source already"):
            add()
        with pytest.raises(ValueError, match="choose another name"):
            add("https://feeds.example/other")


@pytest.mark.django_db(transaction=True)
class TestPolling:
    def test_polls_by_name_and_says_what_came(self, monkeypatch):
        source = make_source()
        monkeypatch.setattr(polling.poll_due, "__kwdefaults__", {"fetch": answer})
        line = json.loads(run("source", "poll", source.name, "--json"))
        assert (line["result"], line["new"]) == ("stored", 2)

    def test_fails_loudly_when_nothing_answers(self):
        source = make_source(url="http://127.0.0.1:9/feed")
        with pytest.raises(CommandError, match="Not every source"):
            run("source", "poll", source.slug)
        assert "never heard" in run("source", "list")

    def test_asks_which(self):
        with pytest.raises(CommandError, match="Name a source"):
            run("source", "poll")


def answer(url, **validators):
    return fetched(TWO, url=url)


@pytest.mark.django_db
class TestASourceThatDoesNotFit:
    def test_a_name_nobody_can_read_is_refused_by_its_field(self):
        with pytest.raises(ValueError, match="name: Write words that can be printed"):
            add(name="\x1b[31m")
        assert not Source.objects.exists()
        assert not Publisher.objects.exists()

    def test_a_language_that_is_none_is_left_out(self):
        for n, (said, kept) in enumerate(
            [("en-GB", "en-gb"), ("xx-nowhere", ""), ("en-x-much-too-long-a-tag", "")]
        ):
            body = rss(("a", "Ferry"), extra=f"<language>{said}</language>")
            source = add(f"https://feeds.example/{n}", body, name=f"Feed {n}")
            assert source.language.lower() == kept
