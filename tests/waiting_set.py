"""Invented threads in English and Russian, labelled by hand with whose turn it is to write: "us", "them" or nobody's.

Each is delivered into mailboxes of a company and decided on by the whole of the product. A letter answers the one
before it in its thread unless it says otherwise.
"""

from dataclasses import dataclass

ANNA, BORIS, SHOP = "Anna <anna@example.com>", "Борис <boris@example.com>", "sales@example.com"
LARS, IDA = "Lars Berg <lars@nordwind.example>", "Ida Holm <ida@nordwind.example>"
OLGA, PETR = "Ольга Смирнова <olga@sever.example>", "Пётр Ильин <petr@sever.example>"
STRANGER = "Tom <tom@carrier.example>"
FREE = "Мария <maria.p@mail.ru>"


@dataclass(frozen=True)
class L:
    """One letter. `box` is the mailbox that it is found in."""

    sender: str
    to: str
    text: str
    cc: str = ""
    box: str = "anna"
    kind: str = ""
    """auto, bulk, invitation, bounce (of the letter before it) or soft (bounce)."""
    file: str = ""
    new: bool = False
    """It begins a thread of its own."""


@dataclass(frozen=True)
class Case:
    """A thread, whose turn it is in the first of its threads, and why."""

    name: str
    turn: str
    letters: tuple[L, ...]
    user: str = ""
    """Who of us is to answer."""


OFFER = L(ANNA, LARS, "Dear Lars, please find our offer attached.", file="offer.pdf")
ASKED = L(LARS, ANNA, "Dear Anna, could you send an offer for 40 valves?")
SPROS = L(OLGA, BORIS, "Борис, добрый день! Пришлите, пожалуйста, цены на насосы.", box="boris")

SET = (
    Case("a question that nobody answered", "us", (ASKED,), "anna"),
    Case("вопрос без ответа", "us", (SPROS,), "boris"),
    Case("answered in the thread with a plain sentence", "", (ASKED, L(ANNA, LARS, "The goods left our yard today."))),
    Case("answered with an offer, so now we wait", "them", (ASKED, OFFER), "anna"),
    Case(
        "ответили вопросом",
        "them",
        (SPROS, L(BORIS, OLGA, "Ольга, добрый день! Какие именно насосы вам нужны?", box="boris")),
    ),
    Case(
        "answered by a colleague", "", (ASKED, L(BORIS, LARS, "Anna is away. The goods leave tomorrow.", box="boris"))
    ),
    Case(
        "ответил коллега из общего ящика",
        "",
        (SPROS, L(SHOP, OLGA, "Цены высланы вам вчера отдельным письмом.", box="boris")),
    ),
    Case(
        "answered from another mailbox, found only in its Sent",
        "",
        (ASKED, L("anna@example.com", LARS, "We deliver on Monday.", box="klara")),
    ),
    Case(
        "answered to a colleague of hers at the client",
        "",
        (ASKED, L(ANNA, IDA, "Ida, tell Lars that it is on its way.")),
    ),
    Case(
        "answered with the client only in copy",
        "",
        (ASKED, L(ANNA, STRANGER, "Tom, pick up the goods for Lars.", cc=LARS)),
    ),
    Case(
        "passed on to a carrier is no answer", "us", (ASKED, L(ANNA, STRANGER, "Tom, what do you say to this?")), "anna"
    ),
    Case("an internal forward is no answer", "us", (ASKED, L(ANNA, BORIS, "Boris, can you answer Lars?")), "anna"),
    Case(
        "внутренняя переписка не ответ",
        "us",
        (SPROS, L(BORIS, ANNA, "Аня, посмотри, пожалуйста."), L(ANNA, BORIS, "Посмотрю.")),
        "boris",
    ),
    Case("a newsletter", "", (L(LARS, ANNA, "Our news of this month. Any questions?", kind="bulk"),)),
    Case("рассылка клиента", "", (L(OLGA, ANNA, "Новости компании. Как вам наш новый каталог?", kind="bulk"),)),
    Case("an invitation", "", (L(LARS, ANNA, "Can we meet on Friday?", kind="invitation"),)),
    Case("приглашение на встречу", "", (L(OLGA, ANNA, "Встреча по договору?", kind="invitation"),)),
    Case("an auto-reply", "", (L(LARS, ANNA, "I am out of the office. Please write to Ida?", kind="auto"),)),
    Case("an auto-reply does not answer us", "them", (OFFER, L(LARS, ANNA, "I am out of the office.", kind="auto"))),
    Case(
        "автоответ не снимает ожидания",
        "us",
        (SPROS, L(BORIS, OLGA, "Я в отпуске до понедельника.", box="boris", kind="auto")),
        "boris",
    ),
    Case("only in copy", "", (L(LARS, STRANGER, "Tom, when do you come?", cc=ANNA),)),
    Case("мы только в копии", "", (L(OLGA, PETR, "Пётр, согласуйте, пожалуйста, договор?", cc=ANNA),)),
    Case("in To and others in copy", "us", (L(LARS, ANNA, "Is the price still valid?", cc=IDA),), "anna"),
    Case("written to our common address", "us", (L(LARS, SHOP, "What does a DN80 cost?"),), ""),
    Case("thanks only", "", (ASKED, L(ANNA, LARS, "It is on its way."), L(LARS, ANNA, "Thanks a lot, Anna!"))),
    Case(
        "только спасибо",
        "",
        (
            SPROS,
            L(BORIS, OLGA, "Цены не изменились.", box="boris"),
            L(OLGA, BORIS, "Спасибо, получили.\n\nС уважением,\nОльга", box="boris"),
        ),
    ),
    Case("thanks only ends our waiting too", "", (OFFER, L(LARS, ANNA, "Received with thanks."))),
    Case("спасибо с вопросом", "us", (OFFER, L(LARS, ANNA, "Thanks! When would you deliver?")), "anna"),
    Case(
        "спасибо, но",
        "us",
        (
            L(BORIS, OLGA, "Счёт во вложении.", box="boris", file="Счёт.pdf"),
            L(OLGA, BORIS, "Спасибо, но в счёте ошибка в реквизитах.", box="boris"),
        ),
        "boris",
    ),
    Case(
        "thanks with a signed contract", "us", (OFFER, L(LARS, ANNA, "Thank you.", file="contract signed.pdf")), "anna"
    ),
    Case(
        "they will come back to us", "them", (OFFER, L(LARS, ANNA, "Thank you, we will review it and get back to you."))
    ),
    Case(
        "рассмотрят и ответят",
        "them",
        (L(ANNA, OLGA, "КП во вложении.", file="КП.pdf"), L(OLGA, ANNA, "Спасибо, рассмотрим и вернёмся с ответом.")),
    ),
    Case(
        "a question after our answer", "us", (ASKED, OFFER, L(LARS, ANNA, "Would 45 days to pay be possible?")), "anna"
    ),
    Case(
        "новый вопрос после ответа коллеги",
        "us",
        (SPROS, L(ANNA, OLGA, "Цены во вложении.", file="цены.xlsx"), L(OLGA, ANNA, "А сроки поставки какие?")),
        "anna",
    ),
    Case(
        "an order needs an answer though it asks nothing",
        "us",
        (OFFER, L(LARS, ANNA, "We accept your offer and order 40 valves.")),
        "anna",
    ),
    Case("our answer came back", "us", (ASKED, OFFER, L("MAILER-DAEMON@example.com", ANNA, "", kind="bounce")), "anna"),
    Case(
        "ответ не доставлен",
        "us",
        (
            SPROS,
            L(BORIS, OLGA, "Цены во вложении, подтвердите получение.", box="boris", file="цены.pdf"),
            L("MAILER-DAEMON@example.com", BORIS, "", box="boris", kind="bounce"),
        ),
        "boris",
    ),
    Case("an answer that is only late", "them", (ASKED, OFFER, L("MAILER-DAEMON@example.com", ANNA, "", kind="soft"))),
    Case(
        "our answer came back and we answered again",
        "them",
        (ASKED, OFFER, L("MAILER-DAEMON@example.com", ANNA, "", kind="bounce"), OFFER),
    ),
    Case(
        "answered by a newer letter of a thread of its own",
        "",
        (ASKED, L(ANNA, LARS, "Lars, as I said on the phone: Monday.", new=True)),
    ),
    Case("ответили новым письмом", "", (SPROS, L(ANNA, OLGA, "Ольга, отправляю цены ещё раз.", new=True))),
    Case(
        "a new letter to his colleague does not answer him",
        "us",
        (ASKED, L(ANNA, IDA, "Ida, the drawings are ready.", new=True)),
        "anna",
    ),
    Case(
        "they wrote anew instead of answering",
        "",
        (OFFER, L(LARS, ANNA, "Anna, about your offer: we are thinking.", new=True)),
    ),
    Case("we sent a document and hear nothing", "them", (OFFER,)),
    Case(
        "отправили договор и ждём", "them", (L(BORIS, OLGA, "Договор во вложении.", box="boris", file="Договор.docx"),)
    ),
    Case("we asked and hear nothing", "them", (L(ANNA, LARS, "Lars, did you have time to look at it?"),)),
    Case("we told something that needs no answer", "", (L(ANNA, LARS, "Lars, the goods left our yard today."),)),
    Case(
        "мы только поблагодарили",
        "",
        (L(OLGA, ANNA, "Направляем подписанный акт.", file="акт.pdf"), L(ANNA, OLGA, "Спасибо, получили!")),
    ),
    Case("asked twice: since the first time", "us", (ASKED, L(LARS, ANNA, "Anna, did you get my letter?")), "anna"),
    Case(
        "somebody else in the thread is not the client",
        "",
        (
            L(ANNA, LARS, "The goods are on their way."),
            L(STRANGER, ANNA, "I could not find the yard. Where is it?", cc=LARS),
        ),
    ),
    Case(
        "a private person at a free mail host",
        "us",
        (L(FREE, ANNA, "Здравствуйте! Сколько стоит ремкомплект?"),),
        "anna",
    ),
    Case(
        "another person at the same free mail host is no answer",
        "us",
        (L(FREE, ANNA, "Здравствуйте! Сколько стоит ремкомплект?"), L(ANNA, "other@mail.ru", "Переслала вам вопрос.")),
        "anna",
    ),
    Case(
        "the colleague who wrote before is the one asked",
        "us",
        (
            L(BORIS, LARS, "Lars, hello from Boris.", box="boris"),
            L(LARS, f"{ANNA}, {BORIS}", "Which of you can help me?"),
        ),
        "boris",
    ),
)
