"""Links that are counted: which ones, where they lead, and that nothing else of a message changes."""

import pytest

from mailcrm.mailing.render import Words
from mailcrm.mailing.tracked import MOST, Places, rewritten, with_picture
from mailcrm.mailing.tracking import counted, is_reachable

OURS = "https://crm.example.com"


def test_only_pages_elsewhere_are_counted() -> None:
    left = [
        f"{OURS}/o/abc", OURS, f"{OURS}?x=1", "mailto:anna@example.com", "tel:+49301", "#end", "https://", "http:///x",
        "https://exa mple.com/", "ftp://example.com/x", "HTTPS://shout.example/", "https://x.example/" + "a" * 2000,
    ]  # fmt: skip
    html = "".join(f'<p><a href="{one}">here</a></p>' for one in left)
    words = Words("Hello", f"See {OURS}/o/abc or write to mailto:anna@example.com.\n", html)
    assert rewritten(words, OURS, lambda target: pytest.fail(f"{target} is counted")) == words


def test_both_parts_lead_by_our_page_and_the_words_around_stay() -> None:
    asked: list[str] = []

    def place(target: str) -> str:
        asked.append(target)
        return f"{OURS}/c/{len(asked)}"

    html = (
        "<p>A <a class='b' href='https://shop.example/?a=1&amp;b=2'>shop</a> & <a href=https://two.example/x>two</a>,"
        ' <a href="https://three.example/">three.example, https://no</a> and'
        ' <a href="https://four.example/">https://four.example/</a></p>'
    )
    text = "Our shop (https://shop.example/?a=1&b=2), and https://crm.example.com.evil.example/x."
    found = rewritten(Words("S", text, html), OURS, place)
    assert found.text == f"Our shop ({OURS}/c/1), and {OURS}/c/2."
    assert found.html == (
        f'<p>A <a class=\'b\' href="{OURS}/c/3">shop</a> & <a href="{OURS}/c/4">two</a>,'
        f' <a href="{OURS}/c/5">three.example, https://no</a> and'
        ' <a href="https://four.example/">https://four.example/</a></p>'
    ), "a link that says its own address is no lie"
    shop = "https://shop.example/?a=1&b=2"
    assert asked == [
        shop,
        "https://crm.example.com.evil.example/x",
        shop,
        "https://two.example/x",
        "https://three.example/",
    ]


def test_a_mailing_has_so_many_places_and_each_is_one_address() -> None:
    places = Places({"https://known.example/": 3})
    assert places.of("https://known.example/") == 3
    assert places.of("https://new.example/") == places.of("https://new.example/") == 4
    found = [places.of(f"https://{number}.example/") for number in range(MOST)]
    assert found[: MOST - 5] == list(range(5, MOST))
    assert set(found[MOST - 5 :]) == {None}
    assert len(set(places.new.values())) == len(places.new)


def test_the_picture_stands_inside_the_page_and_needs_one() -> None:
    address = f"{OURS}/p/abc.gif"
    dot = f'<img src="{address}" width="1" height="1" alt="">'
    assert (
        with_picture(Words("S", "t", "<body><p>x</p></body></html>"), address).html
        == f"<body><p>x</p>{dot}</body></html>"
    )
    assert with_picture(Words("S", "t", "<p>x</p>"), address).html == f"<p>x</p>{dot}"
    assert with_picture(Words("S", "t", ""), address) == Words("S", "t", "")


def test_nothing_is_counted_without_both_the_choice_and_the_consent() -> None:
    both = {"click", "open"}
    assert counted("none", both) == counted("clicks", ()) == counted("clicks", {"open"}) == counted("other", both) == ()
    assert counted("clicks", both) == ("click",)
    assert counted("opens", {"open"}) == ("open",)
    assert counted("opens", both) == ("click", "open")


def test_clients_cannot_reach_this_very_machine() -> None:
    assert is_reachable("https://crm.example.com")
    assert is_reachable("http://192.0.2.7:8000")
    for one in (
        "",
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]/",
        "http://0.0.0.0:8000",
        "crm",
        "http://[",
    ):
        assert not is_reachable(one), one
