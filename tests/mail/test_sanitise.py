"""Hostile HTML: nothing that acts, nothing that calls, and no time beyond what its length deserves."""

import re
import time

import pytest

from mailcrm.mail import body
from mailcrm.mail.sanitise import safe_html

_HOSTILE = (
    "<script>alert(1)</script>", "<SCRIPT SRC=//evil.test/x.js></SCRIPT>", "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>x</script></svg>", "<iframe src=javascript:alert(1)></iframe>",
    "<a href=javascript:alert(1)>x</a>", "<a href=' java\nscript:alert(1)'>x</a>", "<a href='data:text/html,x'>x</a>",
    "<a href='vbscript:x'>x</a>", "<form action=http://evil.test><input name=p><button>go</button></form>",
    "<object data=http://evil.test/x></object>", "<embed src=http://evil.test/x>", "<base href=http://evil.test/>",
    "<meta http-equiv=refresh content='0;url=http://evil.test/'>", "<link rel=stylesheet href=http://evil.test/x.css>",
    "<style>@import 'http://evil.test/x.css';</style>", "<p style=\"background:url('http://evil.test/p')\">x</p>",
    "<p style='width:expression(alert(1))'>x</p>", "<p style='position:fixed;top:0;left:0;z-index:99'>x</p>",
    "<table background=http://evil.test/p.gif><tr><td background='http://evil.test/q'>x</td></tr></table>",
    "<img srcset='http://evil.test/p 2x'>", "<video poster=http://evil.test/p src=http://evil.test/v></video>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>", "<body onload=alert(1)>x</body>",
    "<img src='http://evil.test/pixel.gif' width=1 height=1>", "<a href=x ping=http://evil.test/>x</a>",
    "<input type=image src=http://evil.test/p>", "<p style=\"background:\\75rl(http://evil.test/p)\">x</p>",
    "<!--[if mso]><img src=http://evil.test/p><![endif]-->", "<div style='background-image:image-set(\"http://evil.test/p\")'>",
)  # fmt: skip


@pytest.mark.parametrize("hostile", _HOSTILE)
def test_nothing_acts_or_calls(hostile: str) -> None:
    safe = safe_html(f"<div>before {hostile} after</div>", {}, remote_images=False).lower()
    assert "evil.test" not in safe
    assert not re.search(r"<(?:script|style|iframe|form|input|object|embed|base|meta|link|svg|video)|\son\w+=", safe)
    assert "javascript" not in safe
    assert "before" in safe


def test_remote_images_only_when_asked_for_and_pixels_never() -> None:
    html = '<img src="https://shop.test/a.png" alt="A"><img src="https://shop.test/p.gif" width="1" height="1">'
    assert "shop.test" not in safe_html(html, {}, remote_images=False)
    shown = safe_html(html, {}, remote_images=True)
    assert "https://shop.test/a.png" in shown
    assert "p.gif" not in shown


def test_pictures_of_the_message_come_from_us() -> None:
    html = '<img src="cid:Logo@x.test"><img src="cid:unknown@x.test" alt="none">'
    assert (
        safe_html(html, {"logo@x.test": "/message/7/part/2"}, False) == '<img src="/message/7/part/2"><img alt="none">'
    )


def test_links_open_apart_and_tell_nothing() -> None:
    safe = safe_html('<a href="https://client.test/x" target="_top" rel="opener">go</a>', {}, False)
    assert safe == '<a href="https://client.test/x" target="_blank" rel="noopener noreferrer">go</a>'


def test_letters_keep_their_looks() -> None:
    html = '<table border="1"><tr><td style="color:red;position:fixed">x</td></tr></table><ul><li>one</li></ul>'
    assert 'style="color:red"' in safe_html(html, {}, False)
    assert "<li>one</li>" in safe_html(html, {}, False)


@pytest.mark.parametrize(
    "hostile",
    ["<div>" * 300_000, "<img " * 100_000, "<b>" * 200_000, "<a " * 200_000, "<" * 1_000_000,
     "<table><tr><td>" * 50_000,
     "<blockquote>" * 100_000, "<div>" * 50_000 + "</div>" * 50_000, "&" * 1_000_000, "&amp;" * 99_000, "<p>" * 100_000,
     "<pre>" + "\n" * 500_000,
     '<p style="' + "a:b;" * 200_000 + '">', "<!--" * 200_000, '<br class="x">' * 70_000,
     "x<br>" + '<div class="gmail_attr">--' * 3_900 + "word " * 150_000,
     "x<br>" + '<div style="border:none;border-top:solid #E1E1E1 1pt">' * 3_900 + "<b>x</b>" * 90_000,
     "x<br>" + '<div class="' + "x_" * 400_000 + '">', "x<br>" + '<div id="divRplyFwdMsg">x</div>' * 30_000],
    ids=lambda value: value[:12].replace("\n", " "),
)  # fmt: skip
def test_hostile_html_takes_no_longer_than_its_length_deserves(hostile: str) -> None:
    started = time.process_time()
    safe_html(hostile, {}, remote_images=False)
    body.from_html(hostile)
    assert time.process_time() - started < 10
