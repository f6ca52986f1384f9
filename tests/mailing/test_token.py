"""Tokens: read back by who has the key, and by nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.mailing.token import (
    TokenKeys,
    message_id,
    message_token,
    public_number,
    public_token,
    recipient_of,
)

KEYS = TokenKeys(((1, b"a" * 32),))
OTHERS = TokenKeys(((1, b"b" * 32),))
NUMBERS = st.integers(0, 2**40 - 1)


@given(NUMBERS)
def test_a_message_id_leads_back_to_its_recipient(number: int) -> None:
    found = message_id(KEYS, number, "firm.example")
    assert len(found) < 70
    assert recipient_of(KEYS, found) == number
    assert recipient_of(KEYS, f" {found.upper()}\t") == number
    assert recipient_of(OTHERS, found) is None


@given(NUMBERS, st.integers(0, 19), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_sign_makes_it_nobodys(number: int, place: int, sign: str) -> None:
    token = message_token(KEYS, number)
    changed = token[:place] + sign + token[place + 1 :]
    assert recipient_of(KEYS, f"<o.{changed}@firm.example>") == (number if changed == token else None)


@given(NUMBERS)
def test_a_public_token_is_good_for_one_purpose(number: int) -> None:
    token = public_token(KEYS, "offer", number)
    assert public_number(KEYS, "offer", token) == number
    assert public_number(KEYS, "unsubscribe", token) is None
    assert public_number(OTHERS, "offer", token) is None


def test_old_keys_verify_after_a_change_of_keys() -> None:
    old, new = message_id(KEYS, 7, "firm.example"), TokenKeys(((2, b"n" * 32), (1, b"a" * 32)))
    assert recipient_of(new, old) == 7
    assert public_number(new, "offer", public_token(KEYS, "offer", 7)) == 7
    assert recipient_of(KEYS, message_id(new, 7, "firm.example")) is None


@pytest.mark.parametrize("text", ["", "<o.@firm.example>", "<12.abc@firm.example>", "<o.\u0430bc@x>", "x" * 5000])
def test_what_is_no_token_is_nobodys(text: str) -> None:
    assert recipient_of(KEYS, text) is None
    assert public_number(KEYS, "offer", text) is None


def test_keys_come_from_one_secret_and_are_not_shown() -> None:
    keys = TokenKeys.derived(lambda purpose: purpose.encode().ljust(32, b"."), (2, 1))
    assert [number for number, _ in keys.keys] == [2, 1]
    assert "token" not in repr(keys)


def test_a_number_beyond_forty_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="40 bits"):
        message_token(KEYS, 2**40)
