"""What do the checks before publication cost?

A text of usual length and one as long as the paper takes, with 30 posts attached, against
300 publishers of our own. Beside it, what parting the body into blocks costs alone.
"""

import time
from datetime import UTC, datetime

import django

django.setup()

from articles import body, checks  # noqa: E402
from articles.checks import Copy, Names, Outlet  # noqa: E402
from articles.limits import MAX_BODY  # noqa: E402
from articles.tests.test_checks import make_row  # noqa: E402

NOW = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)
SENTENCES = (
    "The harbour authority said on Thursday that the third ferry of the season had left. "
    "Paper 7 News reported at 09:00 UTC that 214 people were on board, and the BBC and "
    "Reuters confirmed it. Nobody was told why it had waited for nine days. "
)


def main() -> None:
    known = [Outlet((f"Paper {n} News", f"P{n}")) for n in range(300)]
    ledger = [make_row(f"Paper {n} News", at=NOW) for n in range(30)]
    began = time.perf_counter()
    names = Names(known)
    indexed = time.perf_counter() - began
    print(
        f"names of {len(names.outlets)} publishers indexed    {indexed * 1e3:8.2f} ms"
    )
    print(f"{'characters':>12} {'blocks alone':>14} {'all checks':>12}")
    for size in (7_000, MAX_BODY):
        paragraph = f"<p>{SENTENCES * 3}</p>\n"
        text = body.clean(paragraph * (size // (len(paragraph) + 16)))
        copy = Copy(headline="A ferry", standfirst="Left.", body=text, kind="news")
        parted = best(lambda text=text: [block.text for block in body.split(text)])
        checked = best(lambda copy=copy: checks.findings(copy, ledger, names))
        print(f"{len(text):12,} {parted * 1e3:11.2f} ms {checked * 1e3:9.2f} ms")


def best(work, turns: int = 5) -> float:
    """The fastest of some turns, in seconds."""
    took = []
    for _ in range(turns):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


if __name__ == "__main__":
    main()
