"""The words of reports: sections, numbers and what each counts, lengths of time."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

SECTIONS = {
    "mail": _l("Mail and answers"),
    "clients": _l("Clients"),
    "documents": _l("Documents"),
    "offers": _l("Offers"),
    "deals": _l("Deals"),
    "tasks": _l("Tasks"),
}
MEASURES = {
    "in": (_l("From clients"), _l("Messages that people wrote to us, on the timelines of clients.")),
    "out": (_l("To clients"), _l("Messages that we wrote, on the timelines of clients.")),
    "answered": (
        _l("Answers"),
        _l("Messages with which a client began to wait, and which we answered in this period."),
    ),
    "first-answers": (_l("First answers"), _l("The same for the first message of a client in a thread.")),
    "waiting": (_l("Without an answer"), _l("Threads of this period in which the client has written last.")),
    "new-clients": (_l("New clients"), _l("Clients that were added in this period.")),
    "silent": (_l("Silent clients"), _l("Clients with whom nobody has exchanged a message for so long, as of today.")),
    "lost-sight": (
        _l("Lost from sight"),
        _l("Silent clients with whom there was a regular exchange until lately, and who have no open deal."),
    ),
    "documents-sent": (_l("Documents sent"), _l("Each content that went to a client in a message, once a message.")),
    "deal-documents": (_l("of them for deals"), _l("Sent versions of documents that belong to a deal of the client.")),
    "offers-sent": (_l("Offers sent"), _l("Recipients whose mail server took the offer in this period.")),
    "offers-answered": (_l("Offers answered"), _l("Recipients who first answered in this period.")),
    "offers-accepted": (_l("Offers accepted"), _l("Recipients who accepted in this period.")),
    "offers-declined": (_l("Offers declined"), _l("Recipients who declined in this period.")),
    "deals-new": (_l("New deals"), _l("Deals that were added in this period.")),
    "deals-moved": (_l("Moves of deals"), _l("Each time a deal came into another stage.")),
    "deals-won": (_l("Deals won"), _l("Deals that came into a stage of won ones in this period, and are there.")),
    "deals-lost": (_l("Deals lost"), _l("Deals that came into a stage of lost ones in this period, and are there.")),
    "tasks-done": (_l("Tasks done"), _l("Tasks that you may see and that were done in this period.")),
    "tasks-late": (_l("of them late"), _l("Tasks that were done in this period, after they had been due.")),
    "tasks-overdue": (_l("Tasks overdue"), _l("Tasks that you may see, are due and not done, as of now.")),
}
PERIODS = {
    "week": _l("This week"),
    "last-week": _l("Last calendar week"),
    "month": _l("This month"),
    "last-month": _l("Last calendar month"),
    "quarter": _l("This quarter"),
    "last-quarter": _l("Last quarter"),
    "year": _l("This year"),
    "last-year": _l("Last calendar year"),
}
PARTS = {"user": _l("Colleagues"), "owner": _l("Owners of clients"), "group": _l("Groups"), "client": _l("Clients")}
QUIET = (30, 60, 90, 180, 365)


def length(minutes: int | None) -> str:
    """A length of working time in hours and minutes."""
    if minutes is None:
        return "—"
    if minutes < 60:
        return str(gettext("%(count)s min", count=minutes))
    return str(gettext("%(hours)s h %(count)s min", hours=minutes // 60, count=f"{minutes % 60:02d}"))
