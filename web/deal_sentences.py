"""The sentences that deals are refused with; `web.sentences` finds them."""


def _m(text: str) -> str:
    """Marks a sentence for the catalogue of translations."""
    return text


DEALS = (
    _m("There is no such deal."),
    _m("There is no such move of a deal."),
    _m("There is no such stage of deals."),
    _m("There is no such offer."),
    _m("There is no such user to own the deal."),
    _m("The deal has nothing like that."),
    _m("The deal has been moved again since: move it by hand."),
    _m("There are no stages of deals yet: an admin sets them up first."),
    _m("There are deals in this stage: move them first."),
    _m("A deal needs a title."),
    _m("A stage needs a name."),
    _m("The kind of a stage must be one of %(choices)s, not %(value)s."),
    _m("Cannot change %(names)s of a deal."),
    _m("The value of a deal must be a number, 0 or more."),
    _m("A currency has three letters, such as EUR."),
    _m("A probability is between 0 and 100 per cent."),
    _m("A date is written like 2026-01-31, and a probability like 40."),
    _m("“%(text)s” is not an amount; write it like 12500.50."),
)
