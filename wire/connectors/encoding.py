"""Bytes to text, when the header, the document and the bytes say different things.

Order: a byte order mark; UTF-16 seen by its zero bytes; UTF-8 if the bytes are valid
UTF-8 (nothing else is by accident) unless 7-bit; the document's declaration; the HTTP
header; else UTF-8 with each stray byte read as windows-1252.
"""

import codecs
import re
import zlib

from .base import ParseError

MAX_UNPACKED = 20_000_000  # bytes
_BOMS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
_ZEROES = [
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
]
# What these names are used for, as the WHATWG Encoding Standard has it.
_MEANT = {
    "ascii": "cp1252", "us-ascii": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252",
    "latin-1": "cp1252", "iso8859-1": "cp1252", "windows-1252": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949", "iso-8859-9": "cp1254", "tis-620": "cp874",
    "iso-8859-11": "cp874", "unicode": "utf-16", "utf16": "utf-16", "utf8": "utf-8",
}  # fmt: skip
_SEVEN_BIT = {"utf-7", "iso-2022-jp", "hz-gb-2312", "iso-2022-kr"}
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{1,40})")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I)


def _stray_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", "replace"), error.end


codecs.register_error("stray-windows-1252", _stray_bytes)


def unpacked(raw: bytes) -> bytes:
    """Return gzip data unpacked: some servers send files as they lie on the disk.

    Raises `ParseError` for more than `MAX_UNPACKED` bytes, or damaged data.
    """
    if raw[:3] != b"\x1f\x8b\x08":
        return raw
    machine = zlib.decompressobj(wbits=31)
    try:
        out = machine.decompress(raw, MAX_UNPACKED + 1)
    except zlib.error as error:
        raise ParseError(f"gzip data that cannot be unpacked: {error}") from error
    if len(out) > MAX_UNPACKED:
        raise ParseError(f"gzip data of more than {MAX_UNPACKED:,} bytes: refused")
    return out


def declared(raw: bytes) -> str:
    """Return the encoding the document itself names, in lower case, or ""."""
    match = _DECLARED.search(raw[:512]) or _META.search(raw[:4096])
    return match[1].decode("ascii").lower() if match else ""


def decode(raw: bytes, content_type: str = "") -> str:
    """Return the text of `raw`. Never fails: what cannot be read becomes U+FFFD."""
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(name, "replace")
    head = raw.lstrip()[:4]
    for zeroes, name in _ZEROES:
        if head.startswith(zeroes):
            return raw.decode(name, "replace")
    header = _HEADER.search(content_type)
    names = [declared(raw), header[1].lower() if header else ""]
    if not set(names) & _SEVEN_BIT or not raw.isascii():
        names.insert(0, "utf-8")
    for name in names:
        text = _strictly(raw, _MEANT.get(name, name))
        if text is not None:
            return text
    return raw.decode("utf-8", "stray-windows-1252")


def _strictly(raw: bytes, name: str) -> str | None:
    if not name or name == "utf-7":  # UTF-7 hides markup from every filter: refused
        return None
    try:
        return str(raw, name)
    except (UnicodeError, LookupError):
        return None
