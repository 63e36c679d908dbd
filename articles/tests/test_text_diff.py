"""The words that changed between two texts."""

import re

from hypothesis import given
from hypothesis import strategies as st

from articles.text_diff import diff


def test_only_the_words_that_changed_are_marked():
    shown = diff("Two tugs are out.", "Three tugs are out.")
    assert shown == "<del>Two</del><ins>Three</ins> tugs are out."


def test_markup_in_a_text_is_shown_and_not_run():
    assert "<script>" not in diff("", "<script>alert(1)</script>")


@given(st.text(), st.text())
def test_what_is_not_struck_is_the_new_text(old, new):
    kept = re.sub(r"<del>.*?</del>", "", diff(old, new), flags=re.DOTALL)
    kept = kept.replace("<ins>", "").replace("</ins>", "")
    for code, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'")):
        kept = kept.replace(code, sign)
    assert kept.replace("&amp;", "&") == new


def test_a_very_long_text_is_compared_by_the_paragraph():
    paragraphs = [f"Paragraph {n} says the same as it did before." for n in range(900)]
    changed = [*paragraphs[:-1], "The last one does not."]
    shown = diff("\n\n".join(paragraphs), "\n\n".join(changed))
    assert shown.count("<del>") == 1
    assert shown.endswith("<ins>The last one does not.</ins>")
