"""Text of HTML and of format=flowed."""

from mailcrm.mail import body


def test_lists_tables_links_and_quotes_stay_readable() -> None:
    html = """<html><head><title>no</title><style>p{}</style></head><body><p>Hello&nbsp;<b>Anna</b>,</p>
      <ul><li>one</li><li>two<ol><li>deep</li></ol></li></ul>
      <table><tr><th>Item</th><th>Price</th></tr><tr><td>Lathe</td><td>5 &euro;</td></tr></table>
      <p>See <a href="https://client.test/a">the site</a> or <a href="https://client.test/b">https://client.test/b</a></p>
      <blockquote>before<br>again<blockquote>deeper</blockquote></blockquote><div style="display: none">secret</div>
      <img src="x" alt="Logo"></body></html>"""
    assert body.from_html(html).split("\n") == [
        "Hello Anna,", "", "- one", "- two", "  1. deep", "", "Item | Price", "Lathe | 5 €", "",
        "See the site <https://client.test/a> or https://client.test/b", "",
        "> before", "> again", "> > deeper", "[Logo]",
    ]  # fmt: skip


def test_broken_html_still_gives_its_words() -> None:
    assert body.from_html("<p>one<div>two</p></b><td>three") == "one\n\ntwo\n\nthree"
    assert body.from_html("") == ""
    assert body.from_html("plain < words") == "plain < words"


def test_containers_of_signatures_get_the_delimiter_of_plain_text() -> None:
    assert "-- \nAnna" in body.from_html('<div>Hi</div><div class="gmail_signature">Anna</div>')


def test_flowed_paragraphs_are_joined() -> None:
    assert body.flowed("one \ntwo\n\n> q1 \n> q2\nx\n-- \nAnna ") == "one two\n\n> q1 q2\nx\n-- \nAnna"
    assert body.flowed("Donau \ndampf", delsp=True) == "Donaudampf"
    assert body.flowed(" From here") == "From here"
