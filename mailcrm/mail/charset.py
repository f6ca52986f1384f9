"""Charsets: bytes to text that can be stored anywhere, whatever name a message gives to its charset.

`decode` and `clean` never raise. A name that is missing, unknown or wrong is repaired by trying what senders
really meant, and the caller is told by a short word that goes into the defects of the message.
"""

import codecs
import re

_ALIASES = {
    "": "utf-8",
    "x-unknown": "",
    "unknown": "",
    "unknown-8bit": "",
    "default": "",
    "default_charset": "",
    "ansi_x3.110-1983": "cp1252",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "ansi": "cp1252",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "windows-31j": "cp932",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "utf-7": "utf-7",
    "cp-1251": "cp1251",
    "windows1251": "cp1251",
    "win-1251": "cp1251",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-10646-ucs-2": "utf-16",
    "unicode": "utf-16",
    "unicode-1-1-utf-7": "utf-7",
    "big5": "big5hkscs",
    "iso-2022-kr": "iso2022_kr",
    "koi8-ru": "koi8-u",
}
"""What mail calls a charset → the Python codec that reads what senders mean by it (often a superset)."""

_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWLINE = re.compile("\r\n?")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LOWER = re.compile("[а-яё]")


def codec(name: str) -> str:
    """The Python codec for a charset `name` as written in mail; empty where there is none for text."""
    name = name.strip().strip("'\"").lower()
    if name in _NOT_CHARSETS or len(name) > 40:
        return ""
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return ""
    return info.name if getattr(info, "_is_text_encoding", True) else ""


def decode(data: bytes, name: str = "") -> tuple[str, str]:
    """`data` as text and a defect: empty, "unknown-charset" or "wrong-charset". Nothing is lost without a word."""
    known = codec(name)
    if known in ("utf-8", "ascii", "cp1252", "") and data.isascii() and b"\x1b$" not in data:
        return data.decode("ascii"), "" if known else "unknown-charset"
    if known:
        try:
            text = data.decode(known)
            if not _SURROGATE.search(text):
                return text, ""
        except (UnicodeError, ValueError):
            pass
        if known != "utf-8" and known != "ascii" and _mostly(data, known):
            return data.decode(known, "replace"), "wrong-charset"
    return guess(data), "wrong-charset" if known else "unknown-charset"


def _mostly(data: bytes, known: str) -> bool:
    """True where nearly all of `data` is valid in the codec `known`, so that only a few bytes are broken."""
    return data.decode(known, "replace").count("\ufffd") * 50 < len(data)


def guess(data: bytes) -> str:
    """The most likely text of bytes whose charset nobody tells: UTF-8, ISO-2022-JP, then Cyrillic or Western."""
    for name in ("utf-8", "iso2022_jp_ext") if b"\x1b$" in data else ("utf-8",):
        try:
            return data.decode(name)
        except UnicodeError:
            continue
    cut = data[:4096]
    if cut.decode("utf-8", "ignore").isascii() is False and _mostly(cut, "utf-8"):
        return data.decode("utf-8", "replace")
    return data.decode(_single_byte(cut), "replace")


def _single_byte(data: bytes) -> str:
    """cp1251, koi8-r or cp1252: whichever makes words of lower-case Cyrillic letters, else Western."""
    high = sum(byte >= 0xC0 for byte in data)
    if high * 4 < len(data) - data.count(b" ") and high < 12:
        return "cp1252" if high * 2 < len(re.findall(rb"[a-zA-Z]", data)) else _cyrillic(data)
    return _cyrillic(data)


def _cyrillic(data: bytes) -> str:
    """cp1251 or koi8-r: text is mostly lower case, and the two have their cases the other way round."""
    return max(("cp1251", "koi8-r"), key=lambda name: len(_LOWER.findall(data.decode(name, "replace"))))


def clean(text: str) -> str:
    """`text` with LF line ends, no NUL and no lone surrogates."""
    if "\r" in text:
        text = _NEWLINE.sub("\n", text)
    if "\x00" in text:
        text = text.replace("\x00", "")
    if not text.isascii() and _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
