"""Threads: by references whatever the order, subjects in many languages, trees without loops."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.mail.address import Address
from mailcrm.mail.message import ParsedHeaders
from mailcrm.mail.thread import (
    MAX_KEY,
    ThreadPlacement,
    base_subject,
    fallback_key,
    is_forward,
    is_reply,
    key,
    own_ids,
    place,
    referred_ids,
    tree,
)

Ids = list[list[str]]


def _joined(messages: Ids) -> frozenset[frozenset[int]]:
    """The partition that `place` makes of messages in this order, by their position."""
    known: dict[str, int] = {}
    thread_of: dict[int, int] = {}
    for number, ids in enumerate(messages):
        placed = place(ids, known)
        thread = number if placed.thread is None else placed.thread
        for names in (known, thread_of):
            names.update({name: thread for name, old in names.items() if old in placed.joins})  # type: ignore[misc]
        known.update(dict.fromkeys(ids, thread))
        thread_of[number] = thread
    groups: dict[int, set[int]] = {}
    for number, thread in thread_of.items():
        groups.setdefault(thread, set()).add(number)
    return frozenset(frozenset(group) for group in groups.values())


@given(st.lists(st.lists(st.sampled_from("abcdefghijkl"), max_size=4), max_size=14), st.randoms(use_true_random=False))
def test_threads_do_not_depend_on_the_order_of_arrival(messages: Ids, chance: random.Random) -> None:
    order = list(range(len(messages)))
    chance.shuffle(order)
    shuffled = _joined([messages[number] for number in order])
    assert frozenset(frozenset(order[at] for at in group) for group in shuffled) == _joined(messages)


def test_the_oldest_thread_wins_and_joins_the_others() -> None:
    assert place(["a", "b", "c"], {"a": 7, "b": 3, "c": 7, "d": 1}) == ThreadPlacement(3, (7,))
    assert place(["x"], {"a": 7}) == ThreadPlacement(None, ())
    assert place([], {}, [4, 2]) == ThreadPlacement(2, (4,))
    assert place(["a"], {"a": 7}, [9]) == ThreadPlacement(7, (9,))


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Offer",
        "RE[2]: Offer",
        "Fwd: RE: Offer",
        "AW: WG: Offer",
        "SV: Offer",
        "Vs: Offer",
        "Antw: Offer",
        "RES: ENC: Offer",
        "RV: Offer",
        "Odp: Offer",
        "PD: Offer",
        "TR : Offer",
        "R: I: Offer",
        "Rif: Offer",
        "YNT: Offer",
        "Отв: Offer",
        "Ответ: Пересл: Offer",
        "Re^3: Offer",
        "回复：Offer",
        "[list] Re: Offer",
        "Re: [list] offer",
        "Re:   Offer (fwd)",
        "re:re:RE:Offer",
    ],
)
def test_marks_are_taken_off_in_many_languages(subject: str) -> None:
    assert base_subject(subject) == "offer"


@pytest.mark.parametrize("subject", ["Reply needed", "Regarding: x", "Research: x", "Area: 51", "Terms: new"])
def test_words_that_look_like_marks_stay(subject: str) -> None:
    assert base_subject(subject) == subject.casefold()
    assert not is_reply(subject)
    assert not is_forward(subject)


def test_replies_and_forwards_are_told_apart() -> None:
    assert is_reply("Re: x")
    assert is_reply("[list] AW: x")
    assert is_reply("Ответ: x")
    assert is_forward("Fwd: x")
    assert is_forward("WG: x")
    assert is_forward("Пересл: x")
    assert not is_forward("Re: Fwd: x")
    assert not is_reply("[list] x")


def test_the_fallback_wants_a_subject_and_the_same_people() -> None:
    joe, anna = Address("Joe", "joe@acme.test"), Address("", "anna@example.com")
    first = fallback_key(ParsedHeaders(subject="Offer", from_=(joe,), to=(anna,)))
    assert first is not None
    assert fallback_key(ParsedHeaders(subject="RE: offer", from_=(anna,), to=(joe,))) == first
    assert (
        fallback_key(ParsedHeaders(subject="Offer", from_=(joe,), to=(anna,), cc=(Address("", "x@y.test"),))) != first
    )
    assert fallback_key(ParsedHeaders(subject="Re:", from_=(joe,), to=(anna,))) is None
    assert fallback_key(ParsedHeaders(subject="Offer")) is None


def test_ids_are_bounded_and_newest_first() -> None:
    headers = ParsedHeaders(message_id="m", aliases=("n", "m"), in_reply_to=("b",), references=("a", "b", "c"))
    assert own_ids(headers) == ("m", "n")
    assert referred_ids(headers) == ("b", "c", "a")
    assert key("x" * MAX_KEY) == "x" * MAX_KEY
    assert len(key("x" * 10_000)) < 80
    assert own_ids(ParsedHeaders()) == ()


Rows = list[tuple[int, str, tuple[str, ...]]]
_ROWS = st.lists(
    st.tuples(st.sampled_from(["", *"abcdef"]), st.lists(st.sampled_from("abcdefg"), max_size=3)), max_size=12
).map(lambda rows: [(number, own, tuple(refs)) for number, (own, refs) in enumerate(rows)])


@given(_ROWS)
def test_a_tree_shows_every_message_once_whatever_the_loops(rows: Rows) -> None:
    nodes = tree(rows)
    assert sorted(node.message for node in nodes) == [number for number, _, _ in rows]
    depths = [node.depth for node in nodes]
    assert all(after <= before + 1 for before, after in pairwise(depths))
    assert depths[:1] in ([], [0])


def test_a_tree_hangs_answers_under_what_they_answer() -> None:
    rows: Rows = [(1, "a", ()), (2, "b", ("a",)), (3, "c", ("gone", "b", "a")), (4, "d", ("a",)), (5, "e", ())]
    assert [(node.message, node.depth) for node in tree(rows)] == [(1, 0), (2, 1), (3, 2), (4, 1), (5, 0)]
    loop: Rows = [(1, "a", ("b",)), (2, "b", ("a",)), (3, "c", ("c",))]
    assert sorted(node.message for node in tree(loop)) == [1, 2, 3]
