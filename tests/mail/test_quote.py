"""Reply text: rules that the corpora do not show, what may not be lost, and time on hostile text."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailcrm.mail import quote

_ATTRIBUTIONS = (
    "On Mon, 15 Jan 2024 at 12:34, Anna Berg <anna@acme.test> wrote:",
    "On 1/15/24, 12:34, Anna Berg wrote:",
    "Am Mo., 15. Jan. 2024 um 12:34 Uhr schrieb Anna Berg <anna@acme.test>:",
    "Le 15/01/2024 à 12:34, Anna Berg a écrit :",
    "El 15/01/2024 a las 12:34, Anna Berg escribió:",
    "Il 15/01/2024 12:34, Anna Berg ha scritto:",
    "Op 15-01-2024 om 12:34 schreef Anna Berg:",
    "Em 15/01/2024 12:34, Anna Berg escreveu:",
    "W dniu 15.01.2024 o 12:34, Anna Berg pisze:",
    "Dne 15.1.2024 v 12:34 Anna Berg napsal(a):",
    "Den 15.01.2024 12:34, skrev Anna Berg:",
    "Den mån 15 jan. 2024 kl 12:34 skrev Anna Berg <anna@acme.test>:",
    "ma 15. tammik. 2024 klo 12.34 Anna Berg (anna@acme.test) kirjoitti:",
    "15.01.2024 12:34, Анна Берг пишет:",
    "15 января 2024 г., в 12:34, Анна Берг <anna@acme.test> написал(а):",
    "вт, 16 янв. 2024 г., 10:00 Анна Берг <anna@acme.test>:",
    "15 січ. 2024 р. о 12:34 Анна Берг <anna@acme.test> написав:",
    "Вторник, 16 января 2024, 10:00 +03:00 от Анна Берг <anna@acme.test>:",
    "2024年1月15日(月) 12:34 Anna Berg <anna@acme.test>:",
    "在 2024年1月15日，12:34，Anna Berg <anna@acme.test> 写道：",
    "2024. 1. 15. 오후 12:34 Anna Berg <anna@acme.test> 작성:",
    "Anna Berg <anna@acme.test> schrieb am Mo., 15. Jan. 2024, 12:34:",
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "-------- Исходное сообщение --------",
    "----- Mensaje original -----",
    "From: Anna Berg <anna@acme.test>\nSent: Monday, January 15, 2024 12:34 PM\nTo: Ivan\nSubject: Offer",
    "Od: Anna Berg <anna@acme.test>\nWysłano: poniedziałek, 15 stycznia 2024 12:34\nDo: Ivan\nTemat: Oferta",
    "Van: Anna Berg <anna@acme.test>\nVerzonden: maandag 15 januari 2024 12:34\nAan: Ivan\nOnderwerp: Offerte",
    "*From:* Anna Berg <anna@acme.test>\n*Date:* 15 Jan 2024\n*To:* Ivan\n*Subject:* Offer",
    "________________________________\nDe: Anna Berg <anna@acme.test>\nEnviado: lunes, 15 de enero de 2024\nPara: Ivan",
    "Anna Berg@ACME\n01/15/2024 12:34 PM\nTo: Ivan Petrov/CLIENT@CLIENT\ncc: \nSubject: Offer",
    "Anna Berg <anna@acme.test> on 01/15/2024 12:34:56 PM\nTo: ivan@client.test\ncc: \nSubject: Offer",
    "----------------- Forwarded by Anna Berg/ACME on 01/15/2024 12:34 \nPM -----------------",
    "差出人: Anna Berg <anna@acme.test>\n送信日時: 2024年1月15日\n宛先: Ivan\n件名: 見積",
)
_OTHER_PROGRAMS = [
    line.replace("|", "\n") for line in (Path(__file__).parent / "attributions.txt").read_text("utf-8").splitlines()
]
"""What Yahoo, Roundcube, Zimbra, GMX, phones, The Bat! and others write in the ten languages; | ends a line."""


@pytest.mark.parametrize("attribution", [*_ATTRIBUTIONS, *_OTHER_PROGRAMS])
def test_what_stands_below_an_attribution_is_quote(attribution: str) -> None:
    for old in ("\nOld words.\nMore of them.\n", "Old words.\nMore of them.\n", "> Old words.\n> More of them.\n"):
        reply = quote.split(f"New words.\n\n{attribution}\n{old}")
        assert reply.new == "New words."
        assert "Old words." in reply.quoted


@pytest.mark.parametrize(
    "text",
    [
        "From: the beginning\nI liked it.",
        "As I wrote:\nit is fine.",
        "We agreed on 12:30.\nOn Monday we sent the offer:\n- lathe\n- mill",
        "Visit us\n>>> http://client.test <<<\nevery day",
        "Price: 5\nDate: soon\nPlace: here",
        "- one\n- two\n- Three",
        "Thanks,\nAlex",
        "On 15.01.2024 we sent you:\n- the offer\n- the price list",
        "Am 15.01.2024 um 12:30 treffen wir uns:\nEingang Nord",
        "15.01.2024 в 12:30 ждём вас по адресу:\nМосква, Тверская 1",
        "Le 15/01/2024 à 12:30 nous livrons :\n3 tours",
        "As I wrote on 15.01.2024 12:30:\nthe price stays.",
        "Write to our buyer:\n\nAnna Berg\nanna@acme.test\n+49 30 1234567",
        "Yes.\n\nSent from a warehouse in Bremen, the lathes arrive on Monday",
        "Attention: the external diameter is 12 mm.\nPlease check.",
        "Here it is:\n-----\n[Match]\nName=eth0\n-----\nIt has no effect.",
        "Adresse: Hauptstr. 1\nVon 8 bis 17 Uhr\nAn Feiertagen geschlossen",
        "От нас: 12 станков\nДо 15.01.2024\nКому: склад",
    ],
)
def test_words_of_people_are_not_taken_for_quote_or_signature(text: str) -> None:
    assert quote.split(text) == quote.Reply(text, "", "")


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Yes.\n\nAnna Berg\nSales manager\nanna@acme.test\n+49 30 1234567", "Yes."),
        ("Yes.\n\n---------------\nAcme Ltd\n\nTel. +49 30 1234567\n\nwww.acme.test", "Yes."),
        ("Yes.\nBest regards", "Yes."),
        ("Yes.\n\n(sent from a phone)", "Yes."),
        ("Ja.\n\nOutlook für Android beziehen", "Ja."),
        ("CAUTION: This email comes from outside the company. Do not open attachments.\n\nYes.", "Yes."),
        ("ВНИМАНИЕ: внешний отправитель! Не переходите по ссылкам.\nДа.", "Да."),
        (
            "Yes.\n\n"
            + "_" * 30
            + "\nAnna Berg\nTel. +49 30 1234567\n"
            + "Acme\n" * 14
            + "Intended solely for the addressee.",
            "Yes.",
        ),
        ("On Mon, 15 Jan 2024 Anna wrote:\n> A?\nYes.\n> B?\nNo.\n\nRegards\nIvan", "Yes.\nNo."),
        ("Yes.\n\nVào Th 2, 15 thg 1, 2024 Anna <a@acme.test> đã viết:\n\n> Old", "Yes."),
    ],
)
def test_signatures_warnings_and_answers_between_the_lines(text: str, new: str) -> None:
    assert quote.split(text).new == new


def test_a_forward_without_a_word_is_shown_whole() -> None:
    text = "---------- Forwarded message ----------\nFrom: Ivan <ivan@client.test>\nDate: 15 Jan 2024\n\nOld words."
    assert quote.split(text).new == text


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*_ATTRIBUTIONS, "", "> old", "new", "-- ", "Best regards,", "Anna", "_" * 30, "Sent from my iPhone"]
        )
    )
)
def test_no_word_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    reply = quote.split(text)
    kept = "".join(f"{reply.new}{reply.quoted}{reply.signature}".split())
    rules = str.maketrans("", "", "-_*=~")
    assert sorted(kept.translate(rules)) == sorted("".join(text.split()).translate(rules))


@pytest.mark.parametrize(
    "hostile",
    [">" * 1_000_000, " " * 1_000_000, "> " * 500_000, ">\n" * 400_000, "a:\n" * 300_000, "On 1 Jan 2024:\n" * 60_000,
     "From: a@b.test\n" * 60_000, "x wrote:" * 100_000, "On 2024-01-01 " * 70_000 + "wrote:", "a@" * 500_000 + ":",
     "-" * 1_000_000, "-- \n>\n" * 100_000, "Regards,\n" * 100_000, "a\n>\n" * 200_000, "<" * 1_000_000,
     "=" * 999_999 + ":", "-----\n" * 100_000, "-----\n" + "\n" * 900_000 + "A\n", "Anna Berg " * 100_000,
     "CAUTION: outside " * 60_000, "A b\n1234567\n" * 80_000, ("_" * 12 + "\nis confidential\n") * 40_000,
     "Anna wrote am 15.01.2024 " * 40_000 + ":", "x outlook for " * 70_000, "a@b.test 2024\n" * 70_000 + ":\n> x"],
    ids=lambda value: value[:10].replace("\n", " "),
)  # fmt: skip
def test_hostile_text_takes_no_longer_than_its_length_deserves(hostile: str) -> None:
    started = time.process_time()
    quote.split(hostile)
    assert time.process_time() - started < 25
