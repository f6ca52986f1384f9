"""HTML of strangers made safe to show: allow-lists of nh3, no foreign requests unless asked for.

Used when a message is looked at, inside a sandboxed frame under a strict content policy; this is the second wall,
and does not rely on the others.
"""

import re
from collections.abc import Mapping
from functools import partial

import nh3

from mailcrm.mail import body

MAX_HTML = 2_000_000
MAX_ENTITIES = 100_000
"""Character references in one text before only its words are shown: the cleaner's time is quadratic in them."""

_TAGS = frozenset(
    ("a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption",
     "center", "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption",
     "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd",
     "li", "main", "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike",
     "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul",
     "var", "wbr")
)  # fmt: skip
_DROPPED_WHOLE = frozenset(
    ("script", "style", "title", "head", "iframe", "object", "embed", "svg", "math", "template", "noscript",
     "form", "select", "textarea", "button", "audio", "video", "frameset", "applet", "noembed", "noframes",
     "xmp", "plaintext")
)  # fmt: skip
_COMMON = frozenset(("align", "bgcolor", "color", "dir", "height", "lang", "style", "title", "valign", "width"))
_ATTRIBUTES = {
    "*": set(_COMMON),
    "a": {"href"},
    "img": {"src", "alt", "border"},
    "font": {"face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "col": {"span"},
    "colgroup": {"span"},
    "time": {"datetime"},
}
_STYLES = frozenset(
    ("background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
     "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color",
     "font", "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing", "line-height",
     "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width",
     "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align",
     "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width", "word-break")
)  # fmt: skip
_CALL = re.compile(r"url\s*\(|expression|@import|image-set|\\|/\*|javascript|-moz-binding|behavior", re.I)
_PIXEL = re.compile(r"<img\b[^>]{0,1000}>", re.I)
_TINY = re.compile(
    r"\b(?:width|height)\s*=\s*[\"']?\s*[01](?:px)?\s*[\"'\s/>]|(?:width|height)\s*:\s*[01](?:px)?\s*[;\"']", re.I
)


def safe_html(html: str, cid: Mapping[str, str], remote_images: bool) -> str:
    """`html` with nothing in it that acts or calls: no scripts, forms, frames or styles that load.

    `cid` maps Content-IDs to URLs of this program (RFC 2392). Remote images go unless `remote_images`, pictures of one
    pixel always; links open in a new window and tell nothing about us.
    """
    html = html[:MAX_HTML]
    if html.count("&") > MAX_ENTITIES or body.too_deep(html):
        return nh3.clean_text(body.strip_tags(html))
    html = _PIXEL.sub(lambda match: "" if _TINY.search(match[0]) else match[0], html)
    known = {key.strip("<> ").lower(): value for key, value in cid.items()}
    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes=_ATTRIBUTES,
        attribute_filter=partial(_attribute, known, remote_images),
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
        strip_comments=True,
    )


def _attribute(cid: Mapping[str, str], remote: bool, tag: str, name: str, value: str) -> str | None:
    """The value an attribute may have, or None where it has to go."""
    if name == "style":
        return None if _CALL.search(value) else value
    if tag == "img" and name == "src":
        return _image(cid, remote, value.strip())
    if name == "href":
        scheme = value.strip().partition(":")[0].lower()
        return value if scheme in ("http", "https", "mailto", "tel") else None
    return value


def _image(cid: Mapping[str, str], remote: bool, source: str) -> str | None:
    """Where a picture may come from: a part of the message, a small inline picture, or afar when that is allowed."""
    low = source[:64].lower()
    if low.startswith("cid:"):
        return cid.get(source[4:].strip("<> ").lower())
    if low.startswith(
        ("data:image/png;base64,", "data:image/gif;base64,", "data:image/jpeg;base64,", "data:image/webp;")
    ):
        return source
    return source if remote and low.startswith(("http://", "https://")) else None
