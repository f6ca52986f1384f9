"""The day of return in automatic replies, in three languages."""

from datetime import date

import pytest

from mailcrm.mailing.absence import absence

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("I am out of the office and will be back on December 7th.", date(2026, 12, 7)),
        ("I'll return on Monday, 7 December 2026.", date(2026, 12, 7)),
        ("I am on leave until 4 December and have no access to mail.", date(2026, 12, 5)),
        ("Out of office from 11/27/2026 to 12/04/2026.", date(2026, 12, 5)),
        ("I will be out from Nov 30 through Dec 4. For urgent matters call 555-12-04.", date(2026, 12, 5)),
        ("I am back in the office on 2027-01-11.", date(2027, 1, 11)),
        ("Thank you for your mail of 26 November 2026. I will be back on 3 January.", date(2027, 1, 3)),
        ("Меня не будет в офисе до 5 декабря.", date(2026, 12, 6)),
        ("Я в отпуске с 23.11.2026 по 06.12.2026, вернусь 7 декабря.", date(2026, 12, 7)),
        ("Нахожусь в отпуске с 23.11.2026 по 06.12.2026.", date(2026, 12, 7)),
        ("Буду на месте 11.01.2027", date(2027, 1, 11)),
        ("Ich bin bis einschließlich 4. Dezember nicht im Büro.", date(2026, 12, 5)),
        ("Ich bin ab dem 07.12.2026 wieder für Sie da. Zurück am 7.12.", date(2026, 12, 7)),
        ("Ich bin vom 23.11. bis zum 04.12. im Urlaub.", date(2026, 12, 5)),
        ("Bin am 14. Januar zurück", None),
        ("I am out of the office.", None),
        ("We received your request of 1 December 2026 and will answer soon.", None),
        ("I was out until 3 March 2026.", None),
        ("Back on 31.02.2027.", None),
    ],
)
def test_the_day_of_return(text: str, back: date | None) -> None:
    assert absence("Automatic reply", text, TODAY).back == back


@pytest.mark.parametrize(
    "text",
    ["Jane Roe no longer works with us. Please write to sales@client.test.", "John has left the company.",
     "Иванов больше не работает в компании.", "Herr Muster ist nicht mehr für uns tätig."],
)  # fmt: skip
def test_somebody_who_has_left(text: str) -> None:
    assert absence("", text, TODAY).left
    assert not absence("", "I left my phone at home and will be back on 7 December.", TODAY).left


def test_hostile_text_takes_no_time() -> None:
    assert absence("", "until 1 " * 100_000, TODAY).back is None
    assert absence("", "9" * 100_000 + "/" * 100_000, TODAY).back is None
