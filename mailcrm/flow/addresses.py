"""What people type, made into the one form that is stored: e-mail addresses, domains, telephone numbers."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from mailcrm.errors import Refused
from mailcrm.mail import address


def valid_email(text: str) -> str:
    """The address in the form that is stored; raises Refused where it cannot be one. No DNS is asked."""
    found = address.parse(text)
    email = found.email if found else address.normalise(text)
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Refused(f'"{text.strip()}" is not an e-mail address; write it like name@example.com.') from None
    return email


def valid_domain(text: str, free_mail: frozenset[str]) -> str:
    """The domain of a client in the form that is stored; raises Refused for free-mail domains and for no domains.

    A web address or an e-mail address is taken for its domain.
    """
    name = text.strip().casefold()
    name = name.partition("://")[2] or name
    name = name.partition("/")[0].rpartition("@")[2].partition(":")[0].strip(".").removeprefix("www.")
    domain = address.ascii_domain(name)
    try:
        validate_email(f"somebody@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Refused(f'"{text.strip()}" is not a domain; write it like example.com.') from None
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
