"""The sentences that mailings and consents are refused with; `web.sentences` has all of them."""


def _m(text: str) -> str:
    """Marks a sentence for the catalogue of translations."""
    return text


MAILINGS = (
    _m("Clicks cannot be counted: the configuration names no address of these pages that clients can reach."),
    _m("Choose what the client agrees to."),
    _m("Say how the client agreed: in which letter or contract, or to whom."),
    _m("A consent cannot be of a day to come."),
    _m("There is no such consent."),
    _m("This is not a day."),
    _m("This mailing has not ended yet."),
    _m("This mailing was for no group."),
    _m("Nobody is new in its groups: all members got this offer."),
    _m("Only a draft can be taken back."),
)
