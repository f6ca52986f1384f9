"""Saved views: a list with its filters kept under a name, shared or not; removed and brought back."""

from dataclasses import dataclass

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Office
from mailcrm.store import views

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class NewView:
    """What is asked of a new view: `page` is the list, `query` what stands behind the question mark."""

    page: str
    name: str
    query: str
    shared: bool = False


def save_view(office: Office, by: By, new: NewView) -> int:
    """Keep a view for the user who asks, instead of his one of the same name; returns the id. Raises Refused."""
    name = " ".join(new.name.split())[:60]
    if not name:
        raise Refused("A view needs a name.")
    if len(new.query) > _LONGEST:
        raise Refused("This view has too many filters to be kept.")
    values = {"user_id": by.actor_id, "page": new.page, "name": name, "query": new.query, "shared": new.shared}
    with office.database.writing() as connection:
        return views.add(connection, {**values, "created_at": by.at})


def remove_view(office: Office, by: By, view_id: int) -> None:
    """Take a view of the user who asks away; raises NotFound."""
    with office.database.writing() as connection:
        if not views.mark(connection, by.actor_id or 0, view_id, by.at):
            raise NotFound("There is no such view.")


def restore_view(office: Office, by: By, view_id: int) -> None:
    """Bring a view back; raises NotFound."""
    with office.database.writing() as connection:
        if not views.mark(connection, by.actor_id or 0, view_id, None):
            raise NotFound("There is no such view.")
