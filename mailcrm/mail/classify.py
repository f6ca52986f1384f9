"""The kind of a message, told by its structure in the order of complaint, receipt, report, auto-reply, bulk."""

from mailcrm.mail.message import BounceReport, Kind, ParsedHeaders
from mailcrm.mail.parts import Node


def kind(root: Node, headers: ParsedHeaders) -> tuple[Kind, BounceReport | None]:
    """The kind of the message and, for bounces and complaints, what they report."""
    if root.type == "multipart/report":
        return Kind.BOUNCE, None
    return Kind.BULK if headers.is_bulk else Kind.HUMAN, None
