"""The sentences that `flow.clients` and `flow.bulk` refuse things with; `web.sentences` has all of them."""


def _m(text: str) -> str:
    """Marks a sentence for the catalogue of translations."""
    return text


CLIENTS = (
    _m("A client needs a name."),
    _m("There is no such client."),
    _m("Choose clients first."),
    _m("There is no such act."),
    _m("Write the name of the tag."),
    _m("There is no client called “%(name)s”."),
    _m("There is no such user to own the client."),
    _m("The client has no domain %(domain)s."),
    _m("The client has no address %(email)s."),
    _m("The client has no such contact."),
    _m("%(domain)s is our own domain: mail within the company is never stored."),
    _m("%(email)s is an address of our own: it cannot belong to a client."),
    _m("The kind of a client must be one of %(choices)s, not %(value)s."),
)
