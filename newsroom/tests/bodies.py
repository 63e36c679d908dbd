"""Samples of all a body may hold, made from the one list."""

from articles import body_elements
from articles.body_elements import BY_NAME, Kind

PICTURE = "/media/0190c0de-0000-7000-8000-000000000000/0123456789/whole-960.jpeg"
VALUES = {  # of each attribute: one that the cleaner keeps
    "lang": "fr", "dir": "rtl", "src": PICTURE, "alt": "A ferry", "width": "960",
    "height": "640", "cite": "https://port.test/notice", "start": "3", "type": "a",
    "colspan": "2", "rowspan": "2", "scope": "col", "href": "https://port.test/",
    "title": "In full", "datetime": "2026-03-02T09:00Z",
}  # fmt: skip
FIGURE = (
    f'<figure><img src="{PICTURE}" alt="A ferry" width="960" height="640">'
    "<figcaption>The ferry at six. Photograph: Ada Lind</figcaption></figure>"
)


def tag(name, inside, *, every=False):
    """Write one element, with all its attributes or with those it cannot do without."""
    names = body_elements.attributes(name) if every else {"src", "href"}
    given = [a for a in body_elements.attributes(name) if a in names]
    start = "".join(f' {a}="{VALUES[a]}"' for a in given)
    end = "" if BY_NAME[name].kind is Kind.VOID else f"</{name}>"
    return f"<{name}{start}>{inside}{end}"


def filled(name):
    """What stands in an element, by what the list says it holds."""
    holds = BY_NAME[name].holds.split()
    if not holds:
        return ""
    if "words" in holds:
        return f"Words in {name}"
    parts = [part for part in holds if part != "blocks"]
    if name == "tr":  # a row for which the next cells must make room
        return tag("th", "Ship") + tag("td", "Tonnes")
    return "".join(tag(part, filled(part)) for part in parts) or f"Words in {name}"


def placed(name, markup):
    """Put an element where the list lets it stand, up to a block."""
    kind = BY_NAME[name].kind
    if kind is Kind.BLOCK:
        return markup
    parents = [e.name for e in body_elements.ELEMENTS if name in e.parts]
    if not parents:
        return f"<p>Before {markup}, after.</p>"
    parent = "tbody" if "tbody" in parents else parents[0]
    if name == "caption":  # of something
        markup += f"<tbody><tr>{tag('td', filled('td'))}</tr></tbody>"
    if (
        name in ("th", "td") and "rowspan" in markup
    ):  # room for a cell of two rows and two columns
        markup += "<td>beside</td></tr><tr><td>below</td>"
    return placed(parent, tag(parent, markup))


def case(name, *, every):
    return placed(name, tag(name, filled(name), every=every))


NESTED = (
    "<p>As <q>the <cite>Log</cite> says, <q>all is <em>well</em></q></q> today.</p>",
    "<p><q>One.</q><q>Two.</q></p>",
    '<p>The <abbr title="World Court"><em>WC</em></abbr> met <strong>at</strong> <time'
    ' datetime="2026-03-02"><strong>nine</strong></time>, with <code>a<sub>2</sub></code>.</p>',
    '<p>A picture <a href="https://port.test/"><img src="/media/a/b/whole-320.jpeg"'
    ' alt="A buoy"></a> in a line.</p>',
    "<ul><li>Loose words<ul><li>deeper <em>still</em></li></ul></li>"
    "<li><p>One.</p><p>Two.</p></li></ul>",
    "<blockquote>Said loosely.</blockquote>",
    "<blockquote><h3>Head</h3><p>Words.</p><ol><li>First</li></ol></blockquote>",
    "<figure><blockquote><p>We wait.</p></blockquote>"
    "<figcaption>The <em>mate</em></figcaption></figure>",
    "<figure><table><caption>In a figure</caption><tbody><tr><td>1</td></tr></tbody>"
    "</table><figcaption><p>One.</p><p>Two.</p></figcaption></figure>",
    "<table><caption>Ships <em>in port</em></caption><thead><tr><th scope='col'>Ship</th>"
    "<th scope='col'>Tonnes</th></tr></thead><tbody><tr><th scope='row'>Boreal</th>"
    "<td>4,100</td></tr></tbody><tbody><tr><td colspan='2'>none</td></tr></tbody>"
    "<tfoot><tr><td>Sum</td><td><p>4,100</p><ul><li>about</li></ul></td></tr></tfoot>"
    "</table>",
    "<table><tbody><tr><td>A short row</td></tr><tr><td>and</td><td>a long</td></tr>"
    "</tbody></table>",
    "<figure>Loose <a href='/wire/'>words</a> in a figure</figure>",
    "<p>Not <strong>a heading</strong><br>but <s>two</s> lines.</p>",
    "<ul>loose in a list<li>item</li></ul>",
    "<q><p>A paragraph inside of a quotation.</p></q>",
)


def cases():
    plain = [case(name, every=False) for name in BY_NAME]
    made = [*plain, *(case(name, every=True) for name in BY_NAME)]
    # Words of their own, so that no block is taken for another
    return [
        *(markup.replace("Words", f"Words {n}") for n, markup in enumerate(made)),
        *NESTED,
    ]
