"""What people type, made into the one form that is stored: e-mail addresses, domains, telephone numbers."""

import email_validator
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from mailcrm.errors import Refused
from mailcrm.mail import address

# Companies do have mail at names such as office.local; the library means its list to be changed.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def valid_email(text: str) -> str:
    """The address in the form that is stored; raises Refused where it cannot be one. No DNS is asked."""
    found = address.parse(text) if "<" in text else None
    email = found.email if found else address.normalise(text)
    if not _is_possible(email):
        raise Refused(f'"{text.strip()}" is not an e-mail address; write it like name@example.com.')
    return email


def valid_domain(text: str, free_mail: frozenset[str]) -> str:
    """The domain of a client in the form that is stored; raises Refused for free-mail domains and for no domains.

    A web address or an e-mail address is taken for its domain.
    """
    name = text.strip().casefold()
    name = name.partition("://")[2] or name
    name = name.partition("/")[0].rpartition("@")[2].partition(":")[0].strip(".").removeprefix("www.")
    domain = address.ascii_domain(name)
    if not _is_possible(f"somebody@{domain}"):
        raise Refused(f'"{text.strip()}" is not a domain; write it like example.com.')
    if domain in free_mail:
        raise Refused(f"Anybody can have an address at {domain}: add the full e-mail address of the client instead.")
    return domain


def phone(text: str, region: str = "") -> str:
    """A telephone number in E.164 where it can be read, else its digits; `region` is the country of short ones."""
    try:
        number = phonenumbers.parse(text, region.upper() or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_possible_number(number):
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    digits = "".join(c for c in text if c.isdigit())
    if not digits:
        raise Refused(f'"{text.strip()}" is not a telephone number.')
    return digits


def _is_possible(email: str) -> bool:
    try:
        found = validate_email(email, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return "." in found.domain
