"""What reports count, client by client"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_entry_client_day", ["client_id", "day", "direction", "actor_id"], "day IS NOT NULL"),
    ("ix_entry_client_reply", ["client_id", "reply_day", "reply_by", "wait", "reply_minutes"], "reply_day IS NOT NULL"),
)


def upgrade() -> None:
    for name, columns, which in INDEXES:
        where = sa.text(which)
        op.create_index(name, "entry", columns, sqlite_where=where, postgresql_where=where)
