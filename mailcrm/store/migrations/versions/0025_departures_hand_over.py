"""What passed on when a user left is a handover"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)
DEPARTURE = sa.table(
    "departure",
    *(sa.column(name) for name in ("id", "user_id", "successor_id", "actor_id", "clients", "groups", "handover_id")),
    sa.column("at", UTC_TIME),
    sa.column("undone_at", UTC_TIME),
)
HANDOVER = sa.table(
    "handover",
    *(sa.column(name) for name in ("id", "kind", "from_id", "to_id", "state", "note", "moved", "groups_before")),
    *(sa.column(name, UTC_TIME) for name in ("due_at", "created_at", "done_at")),
    sa.column("manages", sa.Boolean()),
    sa.column("created_by"),
)
OWNER_CHANGE = sa.table(
    "owner_change",
    *(sa.column(name) for name in ("client_id", "new_id", "handover_id")),
    sa.column("at", UTC_TIME),
)


def upgrade() -> None:
    with op.batch_alter_table("departure", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handover_id", ID, nullable=True))
        key = ("departure_handover_id_fkey", "handover", ["handover_id"], ["id"])
        batch_op.create_foreign_key(*key, ondelete="SET NULL")
    connection = op.get_bind()
    for row in connection.execute(sa.select(DEPARTURE).where(DEPARTURE.c.successor_id.is_not(None))).all():
        _hand_over(connection, row)
    with op.batch_alter_table("departure", schema=None) as batch_op:
        batch_op.drop_column("clients")
        batch_op.drop_column("groups")


def _hand_over(connection: sa.Connection, row: sa.Row[Any]) -> None:
    """Write down as a handover what passed on with a departure."""
    clients, groups = ([int(number) for number in text.split()] for text in (row.clients, row.groups))
    people = {"from_id": row.user_id, "to_id": row.successor_id, "created_by": row.actor_id}
    times = {"due_at": row.at, "created_at": row.at, "done_at": row.at}
    before = json.dumps([[group, row.user_id] for group in groups]) if groups else ""
    told = {"kind": "user", "manages": True, "note": "", "moved": len(clients), "groups_before": before}
    state = "done" if row.undone_at is None else "undone"
    new = sa.insert(HANDOVER).values(**people, **times, **told, state=state).returning(HANDOVER.c.id)
    number = connection.execute(new).scalar_one()
    for client in clients:
        here = (OWNER_CHANGE.c.client_id == client, OWNER_CHANGE.c.at == row.at)
        his = OWNER_CHANGE.c.new_id == row.successor_id
        connection.execute(sa.update(OWNER_CHANGE).where(*here, his).values(handover_id=number))
    connection.execute(sa.update(DEPARTURE).where(DEPARTURE.c.id == row.id).values(handover_id=number))
