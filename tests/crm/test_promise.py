"""Promises in letters, English and Russian, and the days that they name: told on Wednesday, 11 March 2026."""

from datetime import date

import pytest

from mailcrm.crm.promise import promised

WEDNESDAY = date(2026, 3, 11)
PROMISES = (
    ("I will send it by Friday.", (3, 13)),
    ("I'll send you the drawings tomorrow.", (3, 12)),
    ("Dear Lars, I will send the drawings tomorrow.", (3, 12)),
    ("We will get back to you next week.", (3, 20)),
    ("We'll deliver early next week.", (3, 16)),
    ("I will call you on Monday.", (3, 16)),
    ("I'll call next Friday.", (3, 20)),
    ("We will ship the goods on 20 March.", (3, 20)),
    ("You will have the contract by March 17th.", (3, 17)),
    ("I will prepare the quote within 3 working days.", (3, 16)),
    ("We can deliver in two weeks.", (3, 25)),
    ("I will let you know by the end of the month.", (3, 31)),
    ("I'll confirm by EOD.", (3, 11)),
    ("The offer will be ready on 18.03.2026.", (3, 18)),
    ("Dear Lars,\n\nthank you for the list. I'll check it and reply by the end of the week.\n\nAnna", (3, 13)),
    ("I will pay by the 15th.", (3, 15)),
    ("We will finish it the day after tomorrow.", (3, 13)),
    ("Пришлю до пятницы.", (3, 13)),
    ("Пришлём договор к 15 марта.", (3, 15)),
    ("Завтра отправлю счёт.", (3, 12)),
    ("Вышлем чертежи на следующей неделе.", (3, 20)),
    ("Отвечу в понедельник", (3, 16)),
    ("Подготовим КП через два дня.", (3, 13)),
    ("Отгрузим в течение трёх рабочих дней", (3, 16)),
    ("Ольга, добрый день!\n\nДа, согласуем у директора и пришлём подписанный договор послезавтра.\n\nАнна", (3, 13)),
    ("Сообщим о решении до конца недели.", (3, 13)),
    ("Оплатим до 20.03.", (3, 20)),
    ("Постараемся отправить сегодня.", (3, 11)),
    ("Предложение будет готово к четвергу.", (3, 12)),
    ("Вернусь с ответом в следующую среду", (3, 18)),
    ("Выставим счёт через неделю.", (3, 18)),
    ("Пришлю акт до 25-го числа", (3, 25)),
    ("Перезвоню вам 2 апреля", (4, 2)),
)
NONE = (
    "",
    "Could you send it by Friday?",
    "Please send it by Friday.",
    "I will send it soon.",
    "If you pay tomorrow, we will ship on Friday.",
    "We will not be able to deliver by Friday.",
    "I can't send it tomorrow.",
    "We sent it on Friday.",
    "The fair is on 20 March.",
    "I will check the order of 3 March.",
    "Когда пришлёте? До пятницы нужно.",
    "Пришлите до пятницы.",
    "Если подпишете, отправим завтра.",
    "Не успеем отправить до пятницы.",
    "Отправили вам счёт 10 марта.",
    "Пришлю, как только будет готово.",
    "Ваше письмо от 9 марта получили, проверим.",
)


@pytest.mark.parametrize(("text", "day"), PROMISES)
def test_a_promise_and_its_day(text: str, day: tuple[int, int]) -> None:
    found = promised(text, WEDNESDAY)
    assert found is not None
    assert found.due == date(2026, *day)


@pytest.mark.parametrize("text", NONE)
def test_no_promise(text: str) -> None:
    assert promised(text, WEDNESDAY) is None


def test_the_words_that_were_read_are_told() -> None:
    found = promised("Hello Lars. I'll send the drawing by next Friday. Bye", WEDNESDAY)
    assert found is not None
    assert (found.sentence, found.words) == ("I'll send the drawing by next Friday.", "by next Friday")


def test_a_day_of_the_next_year() -> None:
    found = promised("Пришлём счёт 15 января.", date(2026, 12, 20))
    assert found is not None
    assert found.due == date(2027, 1, 15)
