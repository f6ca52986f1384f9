"""One-time codes against the vectors of the RFCs, and that no code works twice."""

from datetime import UTC, datetime, timedelta

import pytest

from mailcrm.crm.one_time import base32, code, matching_step, step_of, uri

SECRET = b"12345678901234567890"
HOTP = ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489")


@pytest.mark.parametrize(
    ("counter", "expected"),
    list(enumerate(HOTP)),
)
def test_hotp_vectors_of_rfc_4226(counter: int, expected: str) -> None:
    assert code(SECRET, counter) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_totp_vectors_of_rfc_6238(seconds: int, expected: str) -> None:
    assert code(SECRET, step_of(datetime.fromtimestamp(seconds, UTC)), digits=8) == expected


def test_a_code_fits_a_step_before_and_after_and_never_again() -> None:
    now = datetime(2026, 3, 2, 9, 30, 10, tzinfo=UTC)
    step = step_of(now)
    typed = code(SECRET, step)
    assert matching_step(SECRET, f" {typed[:3]} {typed[3:]} ", now, 0) == step
    for seconds in (-30, 30):
        assert matching_step(SECRET, typed, now + timedelta(seconds=seconds), 0) == step
    for seconds in (-61, 61):
        assert matching_step(SECRET, typed, now + timedelta(seconds=seconds), 0) is None
    assert matching_step(SECRET, typed, now, step) is None
    assert matching_step(SECRET, code(SECRET, step - 1), now, step) is None
    for wrong in ("", "0", "abcdef", "１２３４５６", typed + "0"):
        assert matching_step(SECRET, wrong, now, 0) is None


def test_the_address_for_apps() -> None:
    assert base32(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    address = uri(SECRET, "anna@example.com")
    assert address.startswith("otpauth://totp/mailcrm:anna%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&")
    assert "issuer=mailcrm" in address
