"""Replies in ten languages from eight mail programs, as text and as HTML: exactly the new words are found."""

import sys

import pytest

from mailcrm.mail import body, quote
from tests.letters import ATTRIBUTIONS, CLIENTS, LANGUAGES, Letter, between, letters


def folded(text: str) -> str:
    """The text without white space: how a program wraps lines is not what is measured."""
    return "".join(text.split())


def right(letter: Letter, html: bool) -> bool:
    """Whether exactly the new words of a letter are found."""
    return folded(quote.split(body.from_html(letter.body) if html else letter.body).new) == folded(letter.new)


@pytest.mark.parametrize("html", [False, True], ids=["plain", "html"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_reply_above_the_quote(client: str, html: bool) -> None:
    wrong = []
    cells = []
    for language in LANGUAGES:
        seen = [(letter.name, right(letter, html)) for letter in letters(language, client, html)]
        wrong += [name for name, ok in seen if not ok]
        cells.append(f"{language} {sum(ok for _, ok in seen)}/{len(seen)}")
    sys.stdout.write(f"{client} {'HTML' if html else 'plain'}: {', '.join(cells)}\n")
    assert not wrong


@pytest.mark.parametrize("html", [False, True], ids=["plain", "html"])
@pytest.mark.parametrize("client", ATTRIBUTIONS)
def test_answers_below_and_between_the_quotes(client: str, html: bool) -> None:
    assert not [
        letter.name for language in LANGUAGES for letter in between(language, client, html) if not right(letter, html)
    ]


_UNKNOWN = (
    "Vào Th 2, 15 thg 1, 2024 vào lúc 12:34 Anna &lt;anna@acme.test&gt; đã viết:",
    "дс, 2024 ж. 15 қаң. 12:34 Anna &lt;anna@acme.test&gt; деп жазды:",
    "في الاثنين، 15 يناير 2024 في 12:34 م تمت كتابة ما يلي بواسطة Anna &lt;anna@acme.test&gt;:",
)
_HEADER = "<b>Xx:</b> Anna<br><b>Yy:</b> 15 1 2024<br><b>Zz:</b> Ivan<br><b>Ww:</b> 17"
_STYLE = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
_CONTAINERS = (
    *(f'<div class="gmail_quote"><div class="gmail_attr">{one}<br></div><blockquote>Old</blockquote></div>'
      for one in _UNKNOWN),
    f'<div style="{_STYLE}"><p class="MsoNormal">{_HEADER}</p></div><p class="MsoNormal">Old</p>',
    f'<hr><div id="divRplyFwdMsg">{_HEADER}</div><div>Old</div>',
    f'<hr><div id="x_x_divRplyFwdMsg">{_HEADER}</div><div>Old</div>',
    f'<hr id="zwchr"><div>{_HEADER}</div><div>Old</div>',
    '<div id="ydp1a2byahoo_quoted_1234567890" class="yahoo_quoted"><div>Anna, 15 1 2024:</div><div>Old</div></div>',
    '<div name="messageReplySection">Anna, 15 1 2024:<div>Old</div></div>',
)  # fmt: skip


@pytest.mark.parametrize("container", _CONTAINERS)
def test_the_containers_of_mail_programs_are_quote_in_languages_that_nobody_told_us(container: str) -> None:
    assert quote.split(body.from_html(f"<div>New words.</div><br>{container}")).new == "New words."


@pytest.mark.parametrize("container", _CONTAINERS)
def test_a_container_without_words_above_it_is_shown_whole(container: str) -> None:
    assert "Old" in quote.split(body.from_html(container)).new


def test_words_below_a_container_are_new() -> None:
    html = '<div>A.</div><div class="yahoo_quoted"><div>Old</div><div>older</div><div>oldest</div></div><div>B.</div>'
    assert quote.split(body.from_html(html)).new == "A.\nB."


def test_blank_lines_of_outlook_stay() -> None:
    html = '<p class="MsoNormal">One</p><p class="MsoNormal">&nbsp;<o:p></o:p></p><p class="MsoNormal">Two</p>'
    assert body.from_html(html) == "One\n\nTwo"
