"""The reference page: a captured page of another paper, read and loaded into ours.

The page itself is no part of the repository: it stands beside the captured data, and its
words are read from there. What is written here are facts needed to read it: which full
names its cut ones stand for, and which instrument each of its prices belongs to.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import escape

from articles import body, evidence, metadata, questions, revisions, transitions
from articles.models import Article, Author, OpenQuestion, Section
from articles.tests.factories import make_user
from articles.workflow import Refused
from markets import loading
from markets.instruments import INSTRUMENTS
from markets.models import Feed
from markets.providers import Batch as Prices
from markets.providers import Tick
from markets.refresh import store as store_prices
from wire.connectors.base import Batch, Post
from wire.models import Item, Publisher, Source
from wire.store import store as store_posts

DAY = date(2026, 6, 25)
AT = datetime(2026, 6, 25, 20, 19, 30, tzinfo=UTC)  # the page says 20:19
BELL = datetime(2026, 6, 25, 20, 0, tzinfo=UTC)  # New York closes
FIXING = datetime(2026, 6, 25, 14, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
IN_A_MONTH = DAY + timedelta(days=30)

# What stands on the page, cut at ten letters, and the name behind it.
SOURCES = {
    "MIDDLEEAST": "Middle East Spectator",
    "OSINTLIVE": "OSINTlive",
    "CLASHREPOR": "Clash Report",
}
# The labels of its prices, in its order, which is that of our instruments.
LABELS = (
    "S&P 500|Nasdaq|Nasdaq 100|Dow|Nikkei|China 50|Europe|DAX|BTC|ETH|BNB|XRP|SOL|TRX|"
    "HYPE|DOGE|RAIN|LEO|QQQ|VOO|VTI|IWM|ARKK|HYG|Gold|Silver|WTI Crude|Brent|Nat Gas|"
    "Copper|EUR/USD|GBP/USD|USD/JPY|USD/CNY"
).split("|")
SYMBOLS = [starter.symbol for starter in INSTRUMENTS]
# Where the page's price is a fund's and its label says an index, a good or a country.
PROXIES = {
    *("SPY", "DIA", "EWJ", "FXI", "VGK", "EWG", "GLD", "SLV", "USO", "BNO", "UNG"),
    "CPER",
}
NIKKEI_POST = "https://t.me/nikkeiasia/41877"
WHALES_POST = "https://x.com/unusual_whales/status/1937891204417282313"
_POST = re.compile(rf"(\d\d):(\d\d)Z({'|'.join(SOURCES)})")
_LOST_BREAK = re.compile(r"(?<=[a-z]\.)(?=[A-Z])")
_AUTHOR = re.compile(r"^(?P<author>[^@]+?)(?=RT @)")


@dataclass(frozen=True, slots=True)
class SeedPost:
    """One line of the page's rail."""

    at: datetime
    label: str  # the source's name as it is cut
    author: str
    text: str  # with the line breaks the page lost


@dataclass(frozen=True, slots=True)
class SeedQuote:
    """One price of the page's strip, with its change, which has lost its sign."""

    label: str
    value: Decimal
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What the captured page says."""

    posts: list[SeedPost]  # newest first
    quotes: list[SeedQuote]
    name: str
    issue: str
    long_date: str
    edition: str
    updated: str
    countdown: str
    clocks: list[tuple[str, str]]
    section: str
    headline: str
    standfirst: str
    byline: str
    parts: list[tuple[str, str]]  # ("h2" or "p", words) of the body
    framing: str
    links: list[str]
    footer: str


def read(text: str) -> Seed:
    """Read the captured page. Raises `ValueError` where it is not that page."""
    lines = [line.strip() for line in text.splitlines()]
    full = [line for line in lines if line]
    clocks = [
        line.removeprefix("• ") for line in full if re.search(r"^• \w{3}\d", line)
    ]
    start = next(i for i, line in enumerate(full) if line.startswith("←"))
    end = full.index("Wire provenance")
    headline, standfirst, byline, *parts, framing = full[start + 1 : end]
    return Seed(
        posts=_posts(full[full.index("Live Wire") + 1]),
        quotes=_quotes(full[full.index("Markets") + 1]),
        name=full[5],
        issue=full[6],
        long_date=full[7],
        edition=full[8],
        updated=full[9],
        countdown=full[4].partition("opens in ")[2],
        clocks=[(clock[:3], clock[3:]) for clock in clocks],
        section=full[start].removeprefix("←").strip().removeprefix(full[5]),
        headline=headline,
        standfirst=standfirst,
        byline=byline,
        parts=[("p" if part[-1] in ".!?" else "h2", part) for part in parts],
        framing=framing,
        links=[line[2:] for line in full if line.startswith("• http")],
        footer=full[-1].partition(" ·")[2],
    )


def _posts(rail: str) -> list[SeedPost]:
    heads = list(_POST.finditer(rail))
    ends = [head.start() for head in heads[1:]] + [len(rail)]
    posts = []
    for head, end in zip(heads, ends, strict=True):
        words = rail[head.end() : end].strip()
        author = _AUTHOR.match(words)
        at = datetime(
            DAY.year, DAY.month, DAY.day, int(head[1]), int(head[2]), tzinfo=UTC
        )
        posts.append(
            SeedPost(
                at,
                head[3],
                author["author"] if author else "",
                _LOST_BREAK.sub("\n\n", words[author.end() if author else 0 :]),
            )
        )
    return posts


def _quotes(strip: str) -> list[SeedQuote]:
    quotes, at = [], 0
    for label in LABELS:
        found = re.compile(re.escape(label) + r"\$?([\d,]+(?:\.\d+)?) ([\d.]+)%").match(
            strip, at
        )
        if found is None:
            raise ValueError(f"no price of {label} at {strip[at : at + 40]!r}")
        value = Decimal(found[1].replace(",", ""))
        quotes.append(SeedQuote(label, value, Decimal(found[2])))
        at = found.end()
    return quotes


@dataclass(slots=True, kw_only=True)
class Paper:
    """The page as it stands in our paper."""

    seed: Seed
    items: list[Item]  # of the rail, newest first
    article: Article
    refused: dict[str, str]  # what the page gave as provenance: why it was refused
    gate: str  # why the gate held the text without a note
    questions: list[OpenQuestion]

    @property
    def address(self) -> str:
        return self.article.get_absolute_url()

    def paragraph(self, words: str) -> str:
        """Return the id of the first block with these words."""
        blocks = body.split(self.article.body)
        return next(block.id for block in blocks if words in block.text)


def load(seed: Seed) -> Paper:
    """Put all of the page into the paper, through the doors everything takes."""
    loading.load()
    prices(seed)
    items = rail(seed)
    article, refused, gate, questions = story(seed)
    return Paper(
        seed=seed,
        items=items,
        article=article,
        refused=refused,
        gate=gate,
        questions=questions,
    )


def rail(seed: Seed) -> list[Item]:
    """Store the posts, the oldest first, a few seconds after each was posted."""
    sources = {
        label: make_source(name, url=f"https://t.me/s/{label.lower()}", release="auto")
        for label, name in SOURCES.items()
    }
    for n, post in reversed(list(enumerate(seed.posts))):
        number = 5000 - n
        keep(
            sources[post.label],
            Post(
                external_id=str(number),
                kind="post",
                text=post.text,
                author=post.author,
                url=f"https://t.me/{post.label.lower()}/{number}",
                source_time=post.at,
            ),
            now=post.at + timedelta(seconds=20),
        )
    return list(Item.objects.select_related("source").newest_first())


def make_source(name: str, *, url: str, **fields) -> Source:
    slug = name.lower().replace(" ", "-")
    publisher, _ = Publisher.objects.get_or_create(name=name, defaults={"slug": slug})
    return Source.objects.create(
        **{"publisher": publisher, "name": name, "slug": slug, "url": url}
        | {"format": "telegram", "last_success_at": AT - 60 * MINUTE}
        | fields
    )


def keep(source: Source, post: Post, *, now: datetime) -> Item:
    """Store one post as the wire does."""
    batch = Batch(format=source.format, posts=(post,))
    store_posts(source, batch, blob="0" * 64, now=now)
    return Item.objects.get(source=source, external_id=post.external_id)


def prices(seed: Seed) -> None:
    """Store the prices under the instruments they are of.

    The page does not say which way a price went: every other one is taken to have
    fallen. Its 0.00 % is what it prints where it knows no previous price.
    """
    feeds = {
        "table": Feed.objects.create(
            name="Example quotes", provider="table", url="https://quotes.example/1"
        ),
        "coingecko": Feed.objects.get(provider="coingecko"),
        "ecb": Feed.objects.get(provider="ecb"),
    }
    made_at = {"table": BELL, "coingecko": AT - MINUTE, "ecb": FIXING}
    ticks: dict[str, list[Tick]] = {provider: [] for provider in feeds}
    for n, (starter, quote) in enumerate(zip(INSTRUMENTS, seed.quotes, strict=True)):
        share = quote.percent * (-1 if n % 2 else 1) / 100
        ticks[starter.provider].append(
            Tick(
                symbol=starter.provider_symbol,
                value=quote.value,
                previous=quote.value / (1 + share) if share else None,
                as_of=made_at[starter.provider],
                currency=starter.currency,
            )
        )
    for provider, feed in feeds.items():
        report = store_prices(feed, Prices(tuple(ticks[provider])), now=AT)
        if report.refused or len(report.stored) != len(ticks[provider]):
            raise ValueError(f"{provider}: {report}")


def story(seed: Seed) -> tuple[Article, dict[str, str], str, list[OpenQuestion]]:
    """Write, cite, approve and publish the article as our newsroom would."""
    writer, editor = make_user("reporter"), make_user("chief")
    article = revisions.start(
        section=Section.objects.create(
            name=seed.section, slug="opinion", is_opinion=True
        ),
        headline=seed.headline,
        by=writer,
        now=AT - 60 * MINUTE,
        standfirst=seed.standfirst,
        body="".join(f"<{tag}>{escape(part)}</{tag}>" for tag, part in seed.parts),
        framing=seed.framing,
        bylines=[(Author.objects.create(name=seed.byline, slug="monexus-news"), "")],
    )
    metadata.place(article, by=writer, now=AT - 60 * MINUTE, kind="opinion")
    nikkei = make_source("Nikkei Asia", url="https://t.me/s/nikkeiasia", release="desk")
    whales = make_source(
        "Unusual Whales", url="https://x.com/unusual_whales", release="desk"
    )
    refused = _refused(article, seed.links, {"t.me": nikkei, "x.com": whales}, writer)
    _cite(article, nikkei, whales, writer)
    asked = [
        questions.ask(
            article,
            text,
            due_date=IN_A_MONTH,
            watch=watch,
            by=writer,
            now=AT - 9 * MINUTE,
        )
        for text, watch in (
            (
                "How many accounts, over what time, of which company?",
                "accounts alibaba",
            ),
            ("By what measure is it the largest attack?", "anthropic methodology"),
            ("What does Alibaba answer?", "alibaba denies OR statement"),
        )
    ]
    transitions.move(article, "submit", by=writer, now=AT - 5 * MINUTE)
    transitions.move(article, "approve", by=editor, now=AT - 4 * MINUTE)
    try:
        transitions.move(article, "publish", by=editor, now=AT)
        gate = ""
    except Refused as refusal:
        gate = str(refusal)
        article.refresh_from_db()
        transitions.move(
            article, "publish", by=editor, now=AT, note="Known; the BBC is being asked."
        )
    return article, refused, gate, asked


def _refused(article, links, sources, by) -> dict[str, str]:
    """Offer what the page gave as provenance, and keep the reasons against it."""
    reasons = {}
    for link in links:
        source = next(own for host, own in sources.items() if f"/{host}/" in link)
        item = keep(source, Post(external_id=link, text="A post.", url=link), now=AT)
        try:
            evidence.attach(article, item.current_version(), by=by, now=AT)
        except Refused as refusal:
            reasons[link] = str(refusal)
    return reasons


def _cite(article, nikkei, whales, by) -> None:
    """Attach the posts the article speaks of, with the times it gives, where it does."""
    morning = datetime(2026, 6, 25, 4, 31, tzinfo=UTC)
    evening = datetime(2026, 6, 25, 16, 57, tzinfo=UTC)
    post = Post(
        external_id="41877",
        text="Anthropic speaks of brazen, illicit distillation by Alibaba.",
        url=NIKKEI_POST,
        source_time=morning,
    )
    asia = keep(nikkei, post, now=morning + MINUTE)
    post = Post(
        external_id="1937891204417282313",
        text="Reuters: Anthropic calls it the largest attack it knows of.",
        url=WHALES_POST,
        source_time=evening,
    )
    echo = keep(whales, post, now=evening + MINUTE)
    for block in body.split(article.body):
        for word, item in (("Nikkei", asia), ("Reuters", echo)):
            if word in block.text:
                evidence.attach(
                    article, item.current_version(), by=by, now=AT, paragraph=block.id
                )
