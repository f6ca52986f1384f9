"""Replies as ten languages and eight mail programs write them: new words, what the program puts below, old words.

Everything here is invented; the forms of attributions and containers are those that the programs write.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

CLIENTS = ("Gmail", "Outlook", "Apple Mail", "Thunderbird", "Yandex", "Mail.ru", "Outlook mobile", "iPhone")


@dataclass(frozen=True)
class Language:
    """What one language says: greeting, paragraph, list head, closing, old words; then what its programs write."""

    words: tuple[str, str, str]
    closing: str
    old: tuple[str, str]
    gmail: str
    apple: str
    thunderbird: str
    mail_ru: str
    labels: tuple[str, str, str, str]
    sent: str
    phone: str
    outlook_mobile: str
    name: str = "Anna Berg"


def _language(said: dict[str, Any]) -> Language:
    return Language(**{key: tuple(value) if isinstance(value, list) else value for key, value in said.items()})


LANGUAGES = {
    name: _language(said)
    for name, said in tomllib.loads((Path(__file__).parent / "languages.toml").read_text("utf-8")).items()
}

_EMAIL = "anna.berg@acme.test"


@dataclass(frozen=True)
class Letter:
    """One reply: its text or HTML and the words that are new in it."""

    name: str
    body: str
    new: str


def letters(language: str, client: str, html: bool) -> Iterator[Letter]:
    """The replies of one program in one language: a short one, a long one, one with a closing formula and a name."""
    spoken = LANGUAGES[language]
    hello, ask, also = spoken.words
    short, long = [ask], [hello, "", ask, "", also, "- 3 x A-17", "- 1 x B-4"]
    for name, new, below in (
        ("short", short, []), ("long", long, []), ("signed", long, ["", spoken.closing, "Ivan Petrov"]),
    ):  # fmt: skip
        shape = _page if html else _plain
        yield Letter(f"{language}, {client}, {name}", shape(spoken, client, [*new, *below]), "\n".join(new))


def _attribution(spoken: Language, client: str) -> str:
    form = {
        "Gmail": spoken.gmail, "Apple Mail": spoken.apple, "Thunderbird": spoken.thunderbird,
        "Mail.ru": spoken.mail_ru, "iPhone": spoken.apple, "Yandex": '15.01.2024, 12:34, "{n}" <{m}>:',
    }[client]  # fmt: skip
    return form.format(n=spoken.name, m=_EMAIL)


def _header(spoken: Language) -> list[tuple[str, str]]:
    values = (f"{spoken.name} <{_EMAIL}>", spoken.sent, "Ivan Petrov <ivan@client.test>", "RE: 17")
    return list(zip(spoken.labels, values, strict=True))


def _wrap(line: str, width: int = 74) -> list[str]:
    out = [""]
    for word in line.split(" "):
        if out[-1] and len(out[-1]) + len(word) >= width:
            out.append(word)
        else:
            out[-1] = f"{out[-1]} {word}" if out[-1] else word
    return out


def _plain(spoken: Language, client: str, new: list[str]) -> str:
    old = [spoken.old[0], "", spoken.old[1], "", spoken.closing, spoken.name]
    marked = [f"> {line}".rstrip() for line in old]
    header = [f"{label} {value}" for label, value in _header(spoken)]
    if client == "Outlook":
        return "\n".join([*new, "", "", *header, "", *old, ""])
    if client == "Outlook mobile":
        mobile = f"{spoken.outlook_mobile}<https://aka.ms/o0ukef>"
        return "\n".join([*new, "", mobile, "_" * 32, *header, "", *old, ""])
    attribution = _attribution(spoken, client)
    if client == "iPhone":
        return "\n".join([*new, "", spoken.phone, "", f"> {attribution}", "> ", *marked, ""])
    if client == "Gmail":
        return "\n".join([*new, "", *_wrap(attribution), "", *marked, ""])
    if client == "Mail.ru":
        return "\n".join([*new, "", attribution, " ", *(line.replace("> ", ">") for line in marked), ""])
    return "\n".join([*new, "", attribution, *marked, ""])


def _divs(lines: list[str]) -> str:
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in lines)


def _paragraphs(lines: list[str]) -> str:
    return "".join(f'<p class="MsoNormal">{escape(line) or "&nbsp;"}<o:p></o:p></p>' for line in lines)


_PAGES = {
    "Gmail": '<div dir="ltr">{above}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
    '{attribution}<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{below}</blockquote></div>',
    "Outlook": '<html><body><div class="WordSection1">{above_mso}<p class="MsoNormal">&nbsp;</p><div>'
    '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">'
    "{header}<o:p></o:p></p></div></div>"
    "{below_mso}</div></body></html>",
    "Apple Mail": '<html><body>{above}<div><br><blockquote type="cite"><div>{attribution}</div>'
    '<br class="Apple-interchange-newline"><div>{below}</div></blockquote></div><br></body></html>',
    "Thunderbird": '<html><body>{above_p}<div class="moz-cite-prefix">{attribution}<br></div>'
    '<blockquote type="cite" cite="mid:17@acme.test">{below}</blockquote></body></html>',
    "Yandex": "{above}<div>&nbsp;</div><div>{attribution}</div>"
    "<blockquote><div>{below}</div></blockquote><div>&nbsp;</div>",
    "Mail.ru": '<HTML><BODY>{above}<br><blockquote style="'
    'border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;">'
    '{attribution}<br>&nbsp;<div id=""><div class="js-helper js-readmsg-msg">{below}</div></div>'
    "</blockquote></BODY></HTML>",
    "Outlook mobile": '<html><body>{above}<div><br></div><div id="ms-outlook-mobile-signature">'
    '<a href="https://aka.ms/o0ukef">{mobile}</a></div><hr style="display:inline-block;width:98%" tabindex="-1">'
    '<div id="divRplyFwdMsg" dir="ltr"><font>{header}</font><div>&nbsp;</div></div>{below}</body></html>',
    "iPhone": '<html><body><div dir="ltr">{above}</div><div dir="ltr"><br>{phone}</div><div dir="ltr"><br>'
    '<blockquote type="cite">{attribution}<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">'
    "\ufeff{below}"
    "</div></blockquote></body></html>",
}


def _page(spoken: Language, client: str, new: list[str]) -> str:
    old = [spoken.old[0], "", spoken.old[1], "", spoken.closing, spoken.name]
    link = f'<a href="mailto:{_EMAIL}">{_EMAIL}</a>'
    attribution = "" if client.startswith("Outlook") else escape(_attribution(spoken, client)).replace(_EMAIL, link)
    return _PAGES[client].format(
        above=_divs(new),
        above_p="".join(f"<p>{escape(line)}</p>" for line in new if line),
        above_mso=_paragraphs(new),
        below=_divs(old),
        below_mso=_paragraphs(old),
        attribution=attribution,
        header="<br>".join(f"<b>{escape(label)}</b> {escape(value)}" for label, value in _header(spoken)),
        mobile=spoken.outlook_mobile,
        phone=spoken.phone,
    )


ATTRIBUTIONS = ("Gmail", "Apple Mail", "Thunderbird", "Yandex", "Mail.ru")
"""The programs whose replies people also write below or between what they quote."""


def between(language: str, client: str, html: bool) -> Iterator[Letter]:
    """Replies below the quote and between its lines, with and without a greeting above it and a signature below."""
    spoken = LANGUAGES[language]
    hello, ask, also = spoken.words
    last, first = f"{also} 5.", spoken.old[0]
    signature = [spoken.closing, "Ivan Petrov"]
    forms: list[tuple[str, list[str], list[str], list[str], list[str]]] = [
        ("below", [], [first, *spoken.old], [ask, last], []),
        ("below, signed", [], [first], [ask], signature),
        ("greeting and below", [hello], [first], [ask], []),
        ("between", [], [first], [ask, spoken.old[1], last], signature),
        ("greeting and between", [hello], [first], [ask, spoken.old[1], last], []),
    ]
    for name, above, old, below, sign in forms:
        new = [*above, *(line for line in below if line not in spoken.old)]
        shape = _page_between if html else _plain_between
        yield Letter(f"{language}, {client}, {name}", shape(spoken, client, above, old, below, sign), "\n".join(new))


def _plain_between(
    spoken: Language, client: str, above: list[str], old: list[str], below: list[str], sign: list[str]
) -> str:
    out = [*above, ""] if above else []
    out += [_attribution(spoken, client), *(f"> {line}" for line in old), ""]
    for line in below:
        out += [f"> {line}"] if line in spoken.old else [line, ""]
    return "\n".join([*out, *sign, ""])


def _page_between(
    spoken: Language, client: str, above: list[str], old: list[str], below: list[str], sign: list[str]
) -> str:
    mark = {"Gmail": "gmail_attr", "Thunderbird": "moz-cite-prefix"}.get(client, "")
    out = [_divs(above), f'<div class="{mark}">{escape(_attribution(spoken, client))}</div>']
    out.append(f"<blockquote>{_divs(old)}</blockquote>")
    out += [f"<blockquote>{_divs([line])}</blockquote>" if line in spoken.old else _divs([line]) for line in below]
    return "".join([*out, "<br>", _divs(sign)])
