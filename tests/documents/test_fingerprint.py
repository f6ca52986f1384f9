"""Text made comparable, and sketches of it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.documents.fingerprint import RARE, SKETCH, language, normalised, shingles, similarity, text_print, text_sha


def test_normalised_words_survive_what_programs_change() -> None:
    assert normalised("Ещё  РАЗ:\u00a0ﬁne – “Text”") == ["еще", "раз", "fine", "text"]
    assert normalised("价格 list") == ["价", "格", "list"]
    assert text_sha("One, two") == text_sha(" one\nTWO ")
    assert text_sha(" ,. ") == ""
    assert text_print("").tokens == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "the offer is for you and it is valid to the end of the month with all that we have " * 2,
            "en",
        ),
        ("Предложение действует до конца месяца", "ru"),
        ("Пропозиція дійсна до кінця місяця і її ціна", "uk"),
        (
            "das Angebot ist für die Firma und der Preis ist mit der Lieferung von uns nicht zu ändern auf dem Papier "
            * 2,
            "de",
        ),
        (
            "l'offre est pour la société et le prix est dans la liste des conditions pour une année " * 2,
            "fr",
        ),
        ("この見積もりは有効です", "ja"),
        ("报价有效期至月底", "zh"),
        ("12 34 56", ""),
        ("short words", ""),
    ],
)
def test_language_by_script_and_stop_words(text: str, expected: str) -> None:
    assert language(normalised(text)) == expected


def _words(chance: random.Random, count: int) -> list[str]:
    return [f"w{chance.randrange(10**6)}" for _ in range(count)]


@pytest.mark.parametrize("kept", [0, 500, 2000, 3600, 4000])
def test_a_sketch_tells_the_true_similarity(kept: int) -> None:
    chance = random.Random(kept)
    a = _words(chance, 4000)
    b = [*a[:kept], *_words(chance, 5000 - kept)]
    one, other = shingles(a), shingles(b)
    true = len(one & other) / len(one | other)
    found = similarity(text_print(" ".join(a)).sketch, text_print(" ".join(b)).sketch, {})
    assert abs(found.jaccard - true) < 0.07
    assert abs(found.containment - len(one & other) / min(len(one), len(other))) < 0.09


def test_what_many_clients_have_weighs_little() -> None:
    chance = random.Random(1)
    template, a, b = (_words(chance, count) for count in (400, 60, 60))
    one, other = text_print(" ".join(template + a)).sketch, text_print(" ".join(template + b)).sketch
    common = dict.fromkeys({*one[:RARE]} & {*other[:RARE]}, 25)
    assert similarity(one, other, {}).blend > 0.75
    assert similarity(one, other, common).blend < 0.35
    assert similarity(one, one, common).blend == 1.0


@given(
    st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), max_size=60),
    st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), max_size=60),
)
def test_similarity_is_symmetric_and_bounded(a: list[str], b: list[str]) -> None:
    one, other = text_print(" ".join(a)).sketch, text_print(" ".join(b)).sketch
    found = similarity(one, other, {})
    assert found == similarity(other, one, {})
    assert 0.0 <= found.jaccard <= found.containment <= 1.0
    assert list(one) == sorted(set(one))
    assert len(one) <= SKETCH
    assert all(0 <= hash_ < 1 << 63 for hash_ in one)
