"""Clients as rows: one, a page of them by any order, and the writes that `flow.clients` composes."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlmodel import col

from mailcrm.model import (
    Client,
    ClientDomain,
    ClientField,
    ClientMerge,
    ClientTag,
    Contact,
    ContactAddress,
    GroupClient,
    User,
)
from mailcrm.store.visibility import Viewer, sees


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One client, with the name of its owner and its last messages."""

    id: int
    name: str
    kind: str
    owner_id: int | None
    owner_name: str | None
    note: str
    website: str
    tax_id: str
    postal_address: str
    message_count: int
    last_in_at: datetime | None
    last_out_at: datetime | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    next_follow_up_at: datetime | None = None
    sort_key: str | None = None
    """Of the field that a list is ordered by."""


@dataclass(frozen=True, slots=True)
class ClientFilter:
    """Which clients are wanted, in which order: name, last_in, last_out, newest, or field (`order_field`)."""

    words: str = ""
    owner_id: int | None = None
    archived: bool = False
    order: str = "name"
    order_field: int = 0
    """The id of a field of one's own, where the order is field."""
    tag_id: int | None = None
    fields: tuple[tuple[int, str], ...] = ()
    """Ids of fields, each with the sort key that its value has to begin with."""
    owner_ids: tuple[int, ...] = ()
    """Any of these, where there are some: a user and those whom he covers for."""
    group_id: int | None = None


Cursor = tuple[str | datetime | None, int]
"""The sort value and the id of the last client of a page."""

_COLUMNS: Any = (
    col(Client.id),
    col(Client.name),
    col(Client.kind),
    col(Client.owner_id),
    col(User.name),
    col(Client.note),
    col(Client.website),
    col(Client.tax_id),
    col(Client.postal_address),
    col(Client.message_count),
    col(Client.last_in_at),
    col(Client.last_out_at),
    col(Client.created_at),
    col(Client.updated_at),
    col(Client.archived_at),
    col(Client.next_follow_up_at),
)
_ID: Any = col(Client.id)
_ORDERS: dict[str, Any] = {
    "last_in": Client.last_in_at,
    "last_out": Client.last_out_at,
    "follow_up": Client.next_follow_up_at,
}


def name_key(name: str) -> str:
    """A name in the form that is searched and sorted by: case-folded, single spaces."""
    return " ".join(name.split()).casefold()


def client(connection: Connection, who: Viewer, client_id: int) -> ClientRow | None:
    """The client with this id, where the viewer may see it."""
    row = connection.execute(_select(who).where(col(Client.id) == client_id)).one_or_none()
    return ClientRow(*row) if row else None


def client_by_name(connection: Connection, who: Viewer, name: str) -> ClientRow | None:
    """The client of this name (case and spaces do not matter), the oldest that he may see where there are several."""
    row = connection.execute(
        _select(who).where(col(Client.name_key) == name_key(name)).order_by(col(Client.id)).limit(1)
    ).one_or_none()
    return ClientRow(*row) if row else None


def clients(
    connection: Connection, who: Viewer, wanted: ClientFilter, after: Cursor | None = None, limit: int = 50
) -> list[ClientRow]:
    """One page of the clients that the viewer may see; `after` is `cursor(…)` of the last one of the page before."""
    if wanted.order == "field":
        return _by_field(connection, who, wanted, (after, limit))
    query = _select(who).where(*fits(wanted))
    return [ClientRow(*row) for row in connection.execute(_page(query, wanted.order, after).limit(limit))]


def numbers(connection: Connection, who: Viewer, wanted: ClientFilter) -> list[int]:
    """The ids of all clients that fit, of those that the viewer may see."""
    return list(connection.execute(select(_ID).where(*fits(wanted), sees(who)).order_by(_ID)).scalars())


def fits(wanted: ClientFilter) -> list[ColumnElement[bool]]:
    """A filter as conditions on `client`, but for who may see it."""
    merged = select(col(ClientMerge.gone_id)).where(col(ClientMerge.undone_at).is_(None))
    archived = and_(col(Client.archived_at).is_not(None), col(Client.id).not_in(merged))
    where: list[ColumnElement[bool]] = [archived if wanted.archived else _live()]
    if wanted.owner_id is not None:
        where.append(col(Client.owner_id) == wanted.owner_id)
    if wanted.owner_ids:
        where.append(col(Client.owner_id).in_(wanted.owner_ids))
    if wanted.group_id is not None:
        member = exists().where(col(GroupClient.client_id) == col(Client.id))
        where.append(member.where(col(GroupClient.group_id) == wanted.group_id))
    if wanted.tag_id is not None:
        tagged = select(col(ClientTag.client_id)).where(col(ClientTag.tag_id) == wanted.tag_id)
        where.append(col(Client.id).in_(tagged))
    for field_id, beginning in wanted.fields:
        has = select(col(ClientField.client_id)).where(col(ClientField.field_id) == field_id)
        like = col(ClientField.sort_key).like(f"{_escaped(beginning)}%", escape="\\")
        where.append(col(Client.id).in_(has.where(like)))
    return where + [_named(word) for word in name_key(wanted.words).split()]


def _by_field(
    connection: Connection, who: Viewer, wanted: ClientFilter, place: tuple[Cursor | None, int]
) -> list[ClientRow]:
    """Clients with a value first, by its index, then the others as they were added."""
    found: list[ClientRow] = []
    after, limit = place
    here = (col(ClientField.client_id) == col(Client.id), col(ClientField.field_id) == wanted.order_field)
    if after is None or after[0] is not None:
        key, identity = col(ClientField.sort_key), col(ClientField.client_id)
        query = _select(who).add_columns(key).join(ClientField, and_(*here)).where(*fits(wanted))
        if after:
            query = query.where(or_(key > after[0], and_(key == after[0], identity > after[1])))
        found = [ClientRow(*row) for row in connection.execute(query.order_by(key, identity).limit(limit))]
    if len(found) == limit:
        return found
    start = after[1] if after and after[0] is None else 0
    without = ~exists().where(*here)
    query = _select(who).where(*fits(wanted), without, col(Client.id) > start).order_by(col(Client.id))
    return found + [ClientRow(*row) for row in connection.execute(query.limit(limit - len(found)))]


def cursor(row: ClientRow, order: str) -> Cursor:
    """Where the page that ends with `row` ends."""
    dates = {"last_in": row.last_in_at, "last_out": row.last_out_at, "follow_up": row.next_follow_up_at}
    values = {**dates, "newest": None, "field": row.sort_key}
    return values.get(order, name_key(row.name)), row.id


def count(connection: Connection, who: Viewer, wanted: ClientFilter = ClientFilter()) -> tuple[int, int]:
    """How many clients are not archived, and how many of those fit a filter, of those that the viewer may see."""
    live = {**asdict(wanted), "order": "name", "order_field": 0} == asdict(ClientFilter())
    fitting = func.count() if live else func.count(case((and_(*fits(wanted)), 1)))
    query = select(func.count(), fitting).select_from(Client).where(_live(), sees(who))
    total, some = connection.execute(query).one()
    return int(total), int(some)


def held_out_of_sight(connection: Connection, who: Viewer, name: str) -> bool:
    """Whether a client that he may not see has this address or domain, or a domain above or below it.

    Whoever could give such a name to a client of his own would read the other one's mail there.
    """
    if not who.assigned:
        return False
    domain = name.rpartition("@")[2]
    parents = [domain, *(domain[at + 1 :] for at, letter in enumerate(domain) if letter == ".")]
    holders = [select(col(ClientDomain.client_id)).where(col(ClientDomain.domain).in_(parents))]
    address = col(ContactAddress.email)
    if "@" in name:
        holders.append(select(col(ContactAddress.client_id)).where(address == name))
    else:
        below = col(ClientDomain.domain).endswith(f".{domain}", autoescape=True)
        holders.append(select(col(ClientDomain.client_id)).where(below))
        within = or_(address.endswith(f"@{domain}", autoescape=True), address.endswith(f".{domain}", autoescape=True))
        holders.append(select(col(ContactAddress.client_id)).where(within))
    query = select(col(Client.id)).where(or_(*(col(Client.id).in_(some) for some in holders)), not_(sees(who))).limit(1)
    return connection.execute(query).first() is not None


def domains(connection: Connection, client_id: int) -> list[str]:
    """The domains of a client."""
    query = select(col(ClientDomain.domain)).where(col(ClientDomain.client_id) == client_id)
    return list(connection.execute(query.order_by(col(ClientDomain.domain))).scalars())


def add_client(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a client from columns; `name_key` follows from the name. Returns the id."""
    row = {**values, "name_key": name_key(values["name"])}
    return int(connection.execute(insert(Client).values(row).returning(_ID)).scalar_one())


def change_client(connection: Connection, client_id: int, values: dict[str, Any]) -> None:
    """Set columns of a client; `name_key` follows from the name."""
    row = {**values, "name_key": name_key(values["name"])} if "name" in values else values
    connection.execute(update(Client).where(col(Client.id) == client_id).values(row))


def add_domain(connection: Connection, client_id: int, domain: str) -> None:
    """Give a client a domain."""
    connection.execute(insert(ClientDomain).values(client_id=client_id, domain=domain))


def remove_domain(connection: Connection, client_id: int, domain: str) -> int:
    """Take a domain away; returns how many there were (0 or 1)."""
    here = and_(col(ClientDomain.client_id) == client_id, col(ClientDomain.domain) == domain)
    return connection.execute(delete(ClientDomain).where(here)).rowcount


def _select(who: Viewer) -> Select[Any]:
    return select(*_COLUMNS).join(User, col(User.id) == col(Client.owner_id), isouter=True).where(sees(who))


def _live() -> ColumnElement[bool]:
    return col(Client.archived_at).is_(None)


def _named(word: str) -> ColumnElement[bool]:
    """Any part of the name, the tax number, an address or a domain: these tables are small beside the messages."""
    like = f"%{_escaped(word)}%"
    plain = f"%{_escaped(word.replace('ё', 'е'))}%"
    address = exists().where(
        col(ContactAddress.client_id) == col(Client.id), col(ContactAddress.email).like(like, escape="\\")
    )
    domain = exists().where(
        col(ClientDomain.client_id) == col(Client.id), col(ClientDomain.domain).like(like, escape="\\")
    )
    person = exists().where(
        col(Contact.client_id) == col(Client.id), func.replace(col(Contact.name_key), "ё", "е").like(plain, escape="\\")
    )
    name = func.replace(col(Client.name_key), "ё", "е").like(plain, escape="\\")
    return or_(name, col(Client.tax_id) == word, address, domain, person)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _page(query: Select[Any], order: str, after: Cursor | None) -> Select[Any]:
    key, identity = (_ORDERS.get(order) if order in _ORDERS else None), col(Client.id)
    if key is None and order == "newest":
        return (query.where(identity < after[1]) if after else query).order_by(identity.desc())
    if key is None:
        name = col(Client.name_key)
        if after:
            query = query.where(or_(name > after[0], and_(name == after[0], identity > after[1])))
        return query.order_by(name, identity)
    # Clients without any message or task come last on both databases. What is to be done soonest comes first.
    soonest = order == "follow_up"
    if after and after[0] is not None:
        beyond = key > after[0] if soonest else key < after[0]
        query = query.where(or_(beyond, and_(key == after[0], identity < after[1]), key.is_(None)))
    elif after:
        query = query.where(key.is_(None), identity < after[1])
    return query.order_by(key.is_(None), key if soonest else key.desc(), identity.desc())
