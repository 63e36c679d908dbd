"""Which language: what the document declares, else what the script gives away."""

import re
import unicodedata
from collections import Counter

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}\Z")
_SAMPLE = 200  # characters looked at
# Scripts that one language of the news mostly owns.
_BY_SCRIPT = {
    "HEBREW": "he", "GREEK": "el", "THAI": "th", "HANGUL": "ko", "HIRAGANA": "ja",
    "KATAKANA": "ja", "GEORGIAN": "ka", "ARMENIAN": "hy", "BENGALI": "bn",
    "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "KHMER": "km",
    "GUJARATI": "gu", "GURMUKHI": "pa", "SINHALA": "si", "MYANMAR": "my", "LAO": "lo",
    "ETHIOPIC": "am", "DEVANAGARI": "hi", "CJK": "zh", "ARABIC": "ar",
}  # fmt: skip


def tag(declared: str | None) -> str:
    """Return a declared language as a lower-case BCP 47 tag, or "" if it is none."""
    declared = (declared or "").strip()
    return declared.replace("_", "-").lower() if _TAG.match(declared) else ""


def by_script(text: str) -> str:
    """Return the language the script of `text` gives away, or "".

    Latin gives nothing away; of Cyrillic only Ukrainian and Russian letters do.
    """
    if text.isascii():
        return ""
    sample = text[:_SAMPLE].lower()
    if 2 * len(sample.encode("ascii", "ignore")) > len(sample):
        return ""  # Latin, with a quotation mark or an accent in it
    scripts = Counter(
        unicodedata.name(letter, "").partition(" ")[0]
        for letter in sample
        if letter.isalpha()
    )
    if not scripts:
        return ""
    script, _ = scripts.most_common(1)[0]
    if scripts["HIRAGANA"] + scripts["KATAKANA"] and script == "CJK":
        return "ja"
    if script == "CYRILLIC":
        return _cyrillic(set(sample))
    if script == "ARABIC":
        return "ur" if set(sample) & set("ٹڈڑے") else _arabic(set(sample))
    return _BY_SCRIPT.get(script, "")


def _cyrillic(letters: set[str]) -> str:
    if letters & set("іїєґ"):
        return "" if letters & set("ыэў") else "uk"
    return "ru" if letters & set("ыэё") else ""


def _arabic(letters: set[str]) -> str:
    return "fa" if letters & set("پچژگکی") else "ar"
