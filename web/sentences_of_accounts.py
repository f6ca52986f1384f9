"""The sentences that `flow.accounts` and its pages refuse things with; `web.sentences` has all of them."""


def _m(text: str) -> str:
    """Marks a sentence for the catalogue of translations."""
    return text


ACCOUNTS = (
    _m("There is an account %(email)s already."),
    _m("There is no mailbox %(email)s whose sign-in could be used."),
    _m("Cannot change %(names)s of an account."),
    _m("The number must be between %(low)s and %(high)s."),
    _m("Copies for Sent: append, server or off."),
    _m("Copies need a mailbox of the same address that mailcrm reads."),
    _m("Enter the password of the account."),
    _m("There is no such account."),
    _m("A name has one line."),
    _m("A limit is a whole number; 0 stands for none."),
    _m("You can send from your own address or from your own mailbox; an admin adds others."),
)
