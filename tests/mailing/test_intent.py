"""What answers look like: a chip for a person, and rather a question than a wrong yes."""

import pytest

from mailcrm.mailing.intent import intent, wants_out


@pytest.mark.parametrize(
    ("text", "looks_like"),
    [
        ("Dear Anna,\nwe accept your offer. Please send the invoice.", "yes"),
        ("Great, please go ahead.", "yes"),
        ("Agreed.", "yes"),
        ("Добрый день! Согласны, выставляйте счёт.", "yes"),
        ("Нас устраивает, оформляйте.", "yes"),
        ("We accept if you deliver by Friday.", "question"),
        ("We would accept, but payment in 14 days is too short.", "question"),
        ("We do not accept these terms.", "no"),
        ("I am not sure we agree.", "question"),
        ("Согласны, если доставка будет бесплатной.", "question"),
        ("Мы согласны? Надо подумать.", "question"),
        ("Не согласны с такими условиями.", "no"),
        ("Спасибо, не интересует.", "no"),
        ("К сожалению, не подходит.", "no"),
        ("We decided to go with another supplier.", "no"),
        ("No thanks.", "no"),
        ("This is too expensive for us.", "price"),
        ("Can you do a better price?", "price"),
        ("Дорого, конкуренты дешевле.", "price"),
        ("We accept. However, is there a discount for 500 pieces?", "question"),
        ("We accept the valves. We decline the pumps.", "question"),
        ("Could you explain the delivery terms?", "question"),
        ("Подскажите срок поставки", "question"),
        ("Thank you, I received it and will pass it on.", ""),
        ("", ""),
    ],
)
def test_what_it_looks_like(text: str, looks_like: str) -> None:
    assert intent(text).looks_like == looks_like


def test_the_words_are_shown() -> None:
    assert intent("Hello Anna.\nWe accept your offer.\nBye").words == "We accept your offer."


@pytest.mark.parametrize(
    ("text", "certain"),
    [("Unsubscribe", "certain"), ("please remove me", "certain"), ("Отпишите меня", "certain"), ("Abmelden", "certain"),
     ("Please unsubscribe the colleague who left us, I stay on your list", "maybe"),
     ("Thanks for the offer\nunsubscribe", ""), ("How do your clients subscribe?", "")],
)  # fmt: skip
def test_words_of_leaving(text: str, certain: str) -> None:
    assert wants_out(text) == certain
