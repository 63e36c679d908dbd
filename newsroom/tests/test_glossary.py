"""Names are made of words that are in the glossary, or that everybody knows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("articles", "foundation", "markets", "newsroom", "outgoing", "staff", "wire")
# Of Django, HTTP, Python and the formats' own names; and English that needs no telling.
TECHNICAL = set(
    """
    admin api app apps as asgi atom backups base bot bridge cache cached celery
    codes coingecko collector command commands conditional connection connections
    connectors converters data database dates decoder decorators detect diff docs
    documents driver ecb embedded encoding encodings envelope errors export factory
    fallback fast feedparser feeds fetched fields file files filters format formats
    forms foundation generate generic graphemes health home html http image images
    index init installation instruments integrity items json jsonfeed key language
    layout links live loading log login logs main making management markup media
    mediarss middleware migrate models network newsroom notifications number orphan
    output pages pagination paging panel parameters passwords path paths patience
    patterns polling pool pools postgres preview processes processing protocol
    providers queryset queues raw reader readers redirect redirects refresh refusal
    registry renderer renderers rendering request requests resources response
    restore restoring retention root rss rule rules run schema search serve servers
    settings site sitemap sitemaps sources sparkline sql staff storage store stream
    subscribe supervisor table tasks telegram temporary text thread throttling
    timing tokens url urls uvicorn valkey values verify view views wire workflow
    wsgi xid xml xmldoc zones
    """.split()
)
PLAIN = set(
    """
    about access addresses alterations and archive article articles attribution
    available backup bodies bootstrap calendar calendars change changes checks
    choices client clocks conflict contributors corrections delayed doctor down
    drafting edit editing elements environment exchange exchanges finding front gaps
    guard history host hosts hours independence instrument issues item known limit
    limits list listener lists markets names notices number numbering operations
    line operator options outgoing per prepare private publication publishers questions
    release removal renumbering rerendering revisions role roles scheduled source status
    statuses stories trading transitions zone
    """.split()
)


def glossary():
    """Return each word of the first column, in small letters."""
    page = (ROOT / "docs/glossary.md").read_text()
    firsts = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    return {word for first in firsts for word in re.findall(r"[a-z]+", first.lower())}


def modules():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if not {"tests", "migrations", "en_GB"} & set(parts):
                yield parts


def is_known(word, words):
    return word in words or word.removesuffix("s") in words or f"{word}s" in words


def test_module_names_are_made_of_the_glossary_s_words_and_plain_ones():
    words = glossary() | TECHNICAL | PLAIN
    strange = {
        f"{'/'.join(parts)}: {word}"
        for parts in modules()
        for part in parts
        for word in re.findall(r"[a-z]+", part)
        if not is_known(word, words)
    }
    assert not strange


def test_each_word_of_the_glossary_has_one_meaning():
    page = (ROOT / "docs/glossary.md").read_text()
    firsts = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    words = [word.strip() for first in firsts for word in first.split(",")]
    words = [word for word in words if word not in {"word", "---"}]
    assert sorted(words) == sorted(set(words))
