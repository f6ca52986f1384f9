"""Reply text: rules that the corpora do not show, what may not be lost, and time on hostile text."""

import time

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


@pytest.mark.parametrize("attribution", _ATTRIBUTIONS)
def test_what_stands_below_an_attribution_is_quote(attribution: str) -> None:
    reply = quote.split(f"New words.\n\n{attribution}\n\nOld words.\nMore of them.\n")
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
    ],
)
def test_words_of_people_are_not_taken_for_quote_or_signature(text: str) -> None:
    assert quote.split(text) == quote.Reply(text, "", "")


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
     "=" * 999_999 + ":"],
    ids=lambda value: value[:10].replace("\n", " "),
)  # fmt: skip
def test_hostile_text_takes_no_longer_than_its_length_deserves(hostile: str) -> None:
    started = time.process_time()
    quote.split(hostile)
    assert time.process_time() - started < 6
