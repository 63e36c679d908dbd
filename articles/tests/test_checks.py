"""The checks: whom a text cites, who was first, what its links lead to."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings

from articles import checks, transitions, workflow
from articles.checks import Copy, EvidenceRow, Names, Outlet
from articles.checks.attribution_patterns import namings
from articles.checks.known_publishers import WELL_KNOWN
from articles.checks.rules import RULES
from articles.tests.factories import NINE, make_article, make_user
from wire.tests.factories import make_publisher, make_source

DAWN = datetime(2026, 6, 25, 4, 31, tzinfo=UTC)
DUSK = datetime(2026, 6, 25, 16, 57, tzinfo=UTC)
KNOWN = Names(
    [
        Outlet(("Northern Wire", "NW*")),
        Outlet(("The Kastel Gazette", "Gazette Online")),
        Outlet(("Port Office",), is_press=False),
    ]
)
_n = count(1)


def make_row(
    publisher="Northern Wire", *, paragraphs=(), at=DAWN, **fields
) -> EvidenceRow:
    n = next(_n)
    return EvidenceRow(
        **{
            "mark": n,
            "role": "supports",
            "role_label": "Supports",
            "source": publisher,
            "publisher": publisher,
            "author": "",
            "headline": "Ferry stopped",
            "claimed_at": at,
            "seen_at": at + timedelta(minutes=1),
            "state": "usable",
            "state_label": "As cited",
            "url": f"https://feeds.example/{n}",
            "wire_url": f"/wire/{n}/",
            "paragraphs": tuple(paragraphs),
            "note": "",
            "content_hash": "0" * 64,
            "version_n": 1,
            "item_id": str(n),
            "embargo_until": None,
            "origin_name": "",
            "origin_url": "",
            "words": "Ferry stopped.",
            **fields,
        }
    )


def make_copy(*paragraphs, **fields) -> Copy:
    """A text whose paragraphs have the ids a, b, c … in order."""
    body = "\n".join(
        text if text.startswith("<") else f'<p id="{mark}">{text}</p>'
        for mark, text in zip("abcdefgh", paragraphs, strict=False)
    )
    return Copy(
        **{
            "headline": "Ferry stopped",
            "standfirst": "Nobody was told.",
            "kind": "news",
            "body": body,
            **fields,
        }
    )


def found(*paragraphs, ledger=None, **fields) -> dict[str, str]:
    """What the checks say, by rule; of a text with evidence of nobody in particular."""
    ledger = [make_row("Somebody")] if ledger is None else ledger
    copy = make_copy(*paragraphs, **fields)
    told = checks.findings(copy, ledger, KNOWN)
    return {one.rule: one.sentence for one in told if one.rule != "one_publisher"}


CITING = [
    "According to the BBC, the port is shut.",
    "According to the BBC’s account, the port is shut.",
    "The port is shut, the BBC reported.",
    "The BBC, in a live page, said the port was shut.",
    "The BBC on Thursday reported that the port was shut.",
    "The BBC is reporting that the port is shut.",
    "BBC News has learned that the port is shut.",
    "BBC, writing from the quay, described a queue.",
    "It was confirmed in detail by the BBC.",
    "It was reported first by the BBC.",
    "The mayor told the BBC that the port was shut.",
    "The port is shut, per the BBC.",
    "A ship's master, citing BBC, said so.",
    "First, the BBC's reporting describes queues.",
    "Reuters' wording and the BBC’s characterisation differ.",
    "Neither the BBC nor Nikkei reports an answer.",
    "The BBC, Reuters and Nikkei Asia reported it.",
    "The U.S. broadcaster NPR and the BBC quoted him.",
    "<ul id='x'><li>One.</li><li>The BBC said two.</li></ul>".replace("'", '"'),
]
NAMING_ONLY = [
    "The BBC moved its office to the port.",
    "She left the BBC in May. Reports said otherwise.",
    "The BBC. Others said the port was shut.",
]
NOT_NAMING = [
    "The wired port said nothing.",
    "Wired buoys mark the channel.",
    "The Nikkei fell by a tenth.",
    "Guardian angels were said to watch.",
    "A good Time was reported by all.",
    "abbccd said so; BBCX said so; BBC_x said so.",
    "The reuters of old said so.",
    "An AFPDX aircraft was reported.",
]


@pytest.mark.parametrize("text", CITING)
def test_who_is_cited_without_evidence_is_named_and_blocks(text):
    told = checks.findings(make_copy(text), [make_row("Somebody")], KNOWN)
    (one,) = [one for one in told if one.rule == "uncovered" and "BBC" in one.sentence]

    assert one.blocks
    assert one.sentence.startswith("BBC is cited in paragraph 1, and nothing of theirs")


@pytest.mark.parametrize("text", NAMING_ONLY)
def test_a_name_in_passing_is_told_and_blocks_nothing(text):
    rules = found(text)

    assert "BBC is named in paragraph 1" in rules["named"]
    assert "uncovered" not in rules


@pytest.mark.parametrize("text", NOT_NAMING)
def test_ordinary_words_are_nobodys_name(text):
    assert found(text) == {}


def test_a_word_that_is_also_a_name_counts_where_it_says_something():
    assert "Nikkei Asia is cited" in found("Nikkei reported a queue.")["uncovered"]
    assert "NW" not in str(found("The NW buoy was lit."))
    assert "Northern Wire is cited" in found("NW reported a queue.")["uncovered"]


def test_the_name_printed_is_the_one_on_our_wire():
    names = Names([Outlet(("BBC Monitoring", "BBC"))])
    (naming,) = namings("The British BBC News said so.", names)

    assert names.outlets[naming.outlet].name == "BBC Monitoring"


def test_publishers_that_share_a_name_are_one():
    names = Names(
        [Outlet(("A-Press",)), Outlet(("B-Press",)), Outlet(("B", "A-Press"))]
    )

    assert (
        names.look_up("A-Press") == names.look_up("the B") != names.look_up("B-Press")
    )
    assert names.look_up("") is None


def test_every_well_known_name_is_found_where_it_speaks():
    names = Names([])
    for row in WELL_KNOWN:
        for name in row:
            spoken = name.removesuffix("*")
            (naming,) = namings(f"On Monday {spoken} reported a queue.", names)
            assert names.outlets[naming.outlet].name == row[0].removesuffix("*")


def test_one_outlet_is_one_finding_with_every_paragraph():
    told = found(
        "The BBC said one.", "Nothing here.", "BBC News reported two.", "The BBC said."
    )

    assert told["uncovered"].startswith(
        "BBC is cited in paragraph 1, paragraph 3 and paragraph 4 (3 times)"
    )


def test_headline_and_standfirst_are_held_to_the_same():
    told = found("Shut.", headline="BBC reports a queue", standfirst="AFP said so.")
    copy = make_copy("Shut.", headline="BBC reports a queue", standfirst="AFP said so.")
    sentences = [one.sentence for one in checks.findings(copy, [], KNOWN)]

    assert "uncovered" in told
    assert any(s.startswith("BBC is cited in the headline") for s in sentences)
    assert any(s.startswith("AFP is cited in the standfirst") for s in sentences)


class TestEvidence:
    SAID = "Northern Wire reported that the ferry stopped."

    def test_of_the_publisher_at_the_paragraph_covers_it(self):
        assert found(self.SAID, ledger=[make_row(paragraphs=["a"])]) == {}

    def test_behind_the_whole_article_covers_it(self):
        assert found(self.SAID, ledger=[make_row()]) == {}

    def test_of_one_of_its_sources_or_aliases_covers_it(self):
        text = "The Kastel Gazette said so."
        row = make_row("Whoever", source="Gazette Online", paragraphs=["a"])
        assert found(text, ledger=[row]) == {}

    def test_that_reposts_it_covers_it(self):
        row = make_row("Whoever", origin_name="Northern Wire", paragraphs=["a"])
        assert found(self.SAID, ledger=[row]) == {}

    def test_at_another_paragraph_is_told(self):
        told = found(self.SAID, "The rest.", ledger=[make_row(paragraphs=["b"])])
        assert "attached to other paragraphs" in told["elsewhere"]

    def test_that_only_speaks_of_it_is_second_hand(self):
        row = make_row("Harbour Talk", words="Northern Wire: ferry stopped")
        told = found(self.SAID, ledger=[row])
        assert told["second_hand"].endswith("at second hand, through Harbour Talk.")

    def test_of_another_covers_nothing(self):
        told = found(self.SAID, ledger=[make_row("Port Office", paragraphs=["a"])])
        assert "Northern Wire is cited in paragraph 1" in told["uncovered"]

    def test_is_not_asked_of_those_who_are_no_press_for_a_mere_mention(self):
        assert found("The Port Office is a red house.") == {}
        assert "Port Office" in found("The Port Office said so.")["uncovered"]


class TestFirst:
    @pytest.mark.parametrize(
        "text",
        [
            "The stop, first reported by Northern Wire and confirmed since, is final.",
            "It was first disclosed on Monday by Northern Wire.",
            "Northern Wire first reported the stop.",
            "Northern Wire was first to report the stop.",
            "Northern Wire broke the story.",
            "The story was broken by Northern Wire.",
        ],
    )
    def test_against_the_clock_blocks_and_says_by_how_much(self, text):
        ledger = [
            make_row("Northern Wire", paragraphs=["a"], at=DUSK),
            make_row("The Kastel Gazette", paragraphs=["a"], at=DAWN),
        ]
        told = checks.findings(make_copy(text), ledger, KNOWN)
        (one,) = [one for one in told if one.rule.startswith("first")]

        assert one.rule == "first_contradicted"
        assert one.blocks
        assert one.sentence == (
            "Paragraph 1 has Northern Wire first, yet The Kastel Gazette had it at "
            "25 June, 04:31 UTC, 12 h 26 min before the earliest we have of Northern "
            "Wire (25 June, 16:57 UTC)."
        )

    SAID = "The stop, first reported by Northern Wire, is final."

    def test_borne_out_by_the_clock_says_nothing(self):
        ledger = [
            make_row("Northern Wire", at=DAWN),
            make_row("The Kastel Gazette", at=DUSK),
        ]
        assert found(self.SAID, ledger=ledger) == {}

    def test_at_second_hand_is_held_to_the_time_of_who_told_it(self):
        ledger = [
            make_row("Harbour Talk", words="NW says, and Northern Wire too", at=DUSK),
            make_row("The Kastel Gazette", at=DAWN),
        ]
        told = found(self.SAID, ledger=ledger)
        assert "The Kastel Gazette had it at" in told["first_contradicted"]
        assert "that through Harbour Talk)" in told["first_contradicted"]

    def test_without_anything_of_theirs_is_unproven(self):
        told = found(self.SAID)
        assert "no evidence of theirs has a time" in told["first_unproven"]

    def test_against_evidence_of_another_paragraph_is_only_doubtful(self):
        ledger = [
            make_row("Northern Wire", paragraphs=["a"], at=DUSK),
            make_row("The Kastel Gazette", paragraphs=["b"], at=DAWN),
        ]
        told = found(self.SAID, "The rest.", ledger=ledger)
        assert "first_doubtful" in told
        assert not RULES["first_doubtful"].blocks

    def test_context_is_older_by_its_nature(self):
        ledger = [
            make_row("Northern Wire", at=DUSK),
            make_row("The Kastel Gazette", at=DAWN, role="context"),
        ]
        assert found(self.SAID, ledger=ledger) == {}

    def test_a_post_counts_from_when_we_saw_it_if_it_claims_to_be_younger(self):
        ledger = [
            make_row("Northern Wire", at=DUSK, seen_at=DAWN),
            make_row("The Kastel Gazette", at=DAWN + timedelta(minutes=5)),
        ]
        assert found(self.SAID, ledger=ledger) == {}

    def test_the_word_first_alone_claims_nothing(self):
        text = "First, Northern Wire said so. The first ferry left, Northern Wire said."
        ledger = [make_row(at=DUSK), make_row("The Kastel Gazette", at=DAWN)]
        assert found(text, ledger=ledger) == {}


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        (
            '<a href="https://x.com/unusual_whales/status/123">so</a>',
            "placeholder_link",
            "“123” is not the number of a post",
        ),
        ("See https://x.com/unusual_whales/status/123.", "placeholder_link", "“123”"),
        ('<a href="https://example.com/a">so</a>', "placeholder_link", "sample"),
        ("https://feeds.example/{slug}/1", "placeholder_link", "not been filled in"),
        (
            '<a href="https://t.me/nikkeiasia">so</a>',
            "bare_link",
            "channel, not a post",
        ),
        ("(https://t.me/nikkeiasia)", "bare_link", "https://t.me/nikkeiasia cannot"),
        ('<a href="https://feeds.example/">so</a>', "bare_link", "home page"),
    ],
)
def test_a_link_that_leads_to_no_post_is_named(text, rule, said):
    told = found(text)

    assert told[rule].startswith("Paragraph 1: http")
    assert said in told[rule]


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://t.me/nikkeiasia/10423">so</a>',
        '<a href="/wire/">so</a> and <a href="mailto:desk@feeds.example">so</a>',
        '<a href="https://feeds.example/?a=1&amp;b=2">so</a>',
        "x.com is a site, http is not.",
    ],
)
def test_other_links_are_left_alone(text):
    assert found(text) == {}


class TestOrigins:
    def test_reposts_of_one_post_are_one_witness(self):
        ledger = [
            make_row("One", url="https://x.com/ralee85/status/1938274650183746560"),
            make_row(
                "Two",
                origin_url="https://twitter.com/RALee85/status/1938274650183746560/",
            ),
            make_row(
                "Three", origin_url="https://x.com/ralee85/status/1938274650183746560"
            ),
        ]
        told = found("Shut.", ledger=ledger)
        assert told["one_origin"].startswith("All 3 posts cited go back to one")
        assert len(checks.roots(ledger)) == 1

    def test_a_repost_of_a_repost_goes_back_to_the_root(self):
        ledger = [
            make_row("One", url="https://t.me/one/1"),
            make_row(
                "Two", url="https://t.me/two/1", origin_url="https://t.me/s/one/1"
            ),
            make_row("Three", origin_url="https://t.me/two/1"),
        ]
        assert len(checks.roots(ledger)) == 1

    def test_posts_that_repost_each_other_end_the_search(self):
        ledger = [
            make_row("One", url="https://t.me/one/1", origin_url="https://t.me/two/1"),
            make_row("Two", url="https://t.me/two/1", origin_url="https://t.me/one/1"),
        ]
        assert len(checks.roots(ledger)) <= 2

    def test_a_name_is_enough_where_no_address_is_known(self):
        ledger = [
            make_row(name, origin_name="@RALee85") for name in ("One", "Two", "Three")
        ]
        told = found("Shut.", ledger=ledger)
        assert "go back to one, @RALee85’s" in told["one_origin"]

    def test_posts_of_their_own_are_counted_apart(self):
        ledger = [make_row("One"), make_row("Two")]
        assert found("Shut.", ledger=ledger) == {}
        assert len(checks.roots(ledger)) == 2


def test_a_clock_time_beside_a_source_must_be_in_the_evidence():
    ledger = [
        make_row(at=DAWN),
        make_row(at=DUSK, words="The ferry left at 06:00 UTC."),
    ]

    for time in ("04:31 UTC", "16:57 GMT", "4.31 UTC", "16:58Z", "06:00 UTC"):
        assert found(f"Northern Wire said at {time} so.", ledger=ledger) == {}
    told = found("Northern Wire said at 17:57 UTC so.", ledger=ledger)
    assert told["time_unproven"].startswith("Paragraph 1 gives 17:57 UTC")
    assert found("The ferry left at 17:57 UTC.", ledger=ledger) == {}


def test_what_readers_would_miss_is_told_and_blocks_nothing():
    told = found(
        '<h2 id="a">What happened</h2>',
        '<h2 id="b">What did not</h2>',
        headline="A" * 111,
        standfirst="B" * 321,
        alt=" ",
        credit="",
    )

    assert set(told) == {
        *("headline_long", "standfirst_long", "picture_alt", "picture_credit"),
        "empty_part",
    }
    assert "“What happened” and “What did not”" in told["empty_part"]
    assert not any(RULES[rule].blocks for rule in told)
    assert "no_standfirst" in found("Shut.", standfirst="")
    assert found('<h2 id="a">What</h2>', '<h3 id="b">How</h3>', "So.") == {}
    assert found("Shut.", alt="A ferry", credit="Staff") == {}


def test_the_documentation_has_every_rule_and_says_which_block():
    page = Path(settings.BASE_DIR, "docs", "provenance.md").read_text()
    told = re.findall(r"^\| `(\w+)` \| (yes|no) \| .+ \|$", page, re.MULTILINE)

    assert dict(told) == {
        name: "yes" if rule.blocks else "no" for name, rule in RULES.items()
    }


def test_what_blocks_comes_first():
    copy = make_copy("The BBC said so.", standfirst="", headline="A" * 200)
    blocks = [one.blocks for one in checks.findings(copy, [make_row()], KNOWN)]

    assert blocks == sorted(blocks, reverse=True)
    assert blocks[0]


def test_a_text_without_a_sentence_end_is_read_in_time_that_grows_with_it():
    text = "the BBC and Reuters, " * 20_000
    told = checks.findings(make_copy(text), [make_row()], KNOWN)

    assert {one.rule for one in told} >= {"named"}


@pytest.mark.django_db
class TestTheGate:
    BODY = "<p>The BBC reported that the ferry stopped.</p>"

    def test_a_text_that_cites_without_evidence_is_not_published_without_a_reason(self):
        article = make_article(status="ready", body=self.BODY)
        chief = make_user()

        with pytest.raises(workflow.Refused, match="BBC is cited in paragraph 1"):
            transitions.move(article, "publish", by=chief, now=NINE)
        transitions.move(
            article, "publish", by=chief, now=NINE, note="Heard it ourselves."
        )

        assert article.moves.latest("pk").note == "Heard it ourselves."

    def test_names_given_at_the_desk_are_known_to_the_checks(self):
        office = make_publisher(name="Port Office", aliases="The Harbour Board")
        make_source(publisher=office)
        body = "<p>The Harbour Board said the ferry stopped.</p>"
        article = make_article(status="ready", body=body)

        with pytest.raises(workflow.Refused, match="Port Office is cited"):
            transitions.move(article, "publish", by=make_user(), now=NINE)
