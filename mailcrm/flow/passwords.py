"""Passwords of users: argon2id hashes, a least length, and one cost for known and unknown users."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailcrm.errors import Refused

LEAST, MOST = 10, 1024

_HASHER = PasswordHasher()
# The hash of nothing in particular: checked for unknown users, so that they take as long as known ones.
_STRANGER = _HASHER.hash("no user has this password")


def hashed(password: str) -> str:
    """The argon2id hash of a new password; raises Refused where it is too short or absurdly long."""
    if len(password) < LEAST:
        raise Refused(f"The password is too short: use at least {LEAST} characters.")
    if len(password) > MOST:
        raise Refused(f"The password is too long: use at most {MOST} characters.")
    return _HASHER.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Whether `password` is the one behind `stored`; takes as long where nothing is stored."""
    try:
        return _HASHER.verify(stored or _STRANGER, password[:MOST]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether `stored` was made with weaker settings than those of today."""
    return _HASHER.check_needs_rehash(stored)
