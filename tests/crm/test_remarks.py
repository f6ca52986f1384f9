"""What the words of a letter amount to, in English and Russian: thanks, a promise to answer, or a question."""

import pytest

from mailcrm.crm.remarks import asks, is_holding, is_thanks

THANKS = (
    "Thanks!",
    "Thank you, Anna.",
    "Hi Anna, thanks!",
    "Анна, добрый день! Спасибо, получили.",
    "Hi Anna,\n\nthank you very much, received.\n\nBest regards\nLars Berg",
    "Got it, thanks. Have a nice weekend!",
    "Dear Anna,\n\nmany thanks for your quick answer.\n\nKind regards,\nIda Holm\nNordwind Pumpen GmbH",
    "OK",
    "Ok, thank you.",
    "Noted with thanks.",
    "We have received the documents, thank you.",
    "Спасибо!",
    "Спасибо, получили.",
    "Анна, добрый день!\n\nСпасибо, документы получили.\n\nС уважением,\nОльга Смирнова",
    "Благодарю за оперативный ответ!",
    "Получено, спасибо",
    "Принято.",
    "Хорошо, спасибо большое, Анна!",
    "Спасибо, счёт получили, всё в порядке. Хорошего дня!",
)
NOT_THANKS = (
    "",
    "Thanks! When will it arrive?",
    "Thank you. Please send the invoice to our office.",
    "Thanks, but the price is too high.",
    "Thank you for the offer, we order 40 valves.",
    "Received, the second page is missing.",
    "Спасибо, но нам нужна скидка.",
    "Спасибо. А когда будет счёт?",
    "Получили, не хватает подписи.",
    "Спасибо, берём 14 штук.",
    "Спасибо, приезжайте завтра.",
)
HOLDING = (
    "Thank you, we will get back to you.",
    "Dear Anna,\n\nthank you for the offer. We will review it and let you know.\n\nLars",
    "Спасибо, рассмотрим и вернёмся с ответом.",
    "Добрый день!\n\nПолучили, спасибо. Изучим и сообщим.\n\nС уважением, Ольга",
    "Передал коллегам, ответим на неделе.",
)
ASKING = (
    "Could you send the drawing",
    "Please confirm the date.",
    "We look forward to your answer.",
    "Is 45 days possible?",
    "Прошу подтвердить получение.",
    "Пришлите, пожалуйста, цены",
    "Ждём вашего решения.",
    "Сможете до пятницы?",
)
NOT_ASKING = (
    "Please find the offer attached.",
    "See https://nordwind.example/search?q=1 for the list.",
    "The goods left our yard today.",
    "Коммерческое предложение во вложении.",
)


@pytest.mark.parametrize("text", THANKS)
def test_thanks_need_no_answer(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize("text", NOT_THANKS + HOLDING + ASKING)
def test_what_says_more_than_thanks(text: str) -> None:
    assert not is_thanks(text)


@pytest.mark.parametrize("text", HOLDING)
def test_a_letter_that_promises_an_answer(text: str) -> None:
    assert is_holding(text)


@pytest.mark.parametrize("text", THANKS + NOT_THANKS + ASKING)
def test_a_letter_that_promises_none(text: str) -> None:
    assert not is_holding(text)


@pytest.mark.parametrize("text", ASKING)
def test_what_is_asked(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize("text", NOT_ASKING + THANKS)
def test_what_is_not(text: str) -> None:
    assert not asks(text)
