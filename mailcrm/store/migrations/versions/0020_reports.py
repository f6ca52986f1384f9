"""What reports count of the entries of timelines"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = (
    ("ix_entry_day", ["day", "direction", "actor_id", "client_id"], "day IS NOT NULL"),
    ("ix_entry_reply", ["reply_day", "reply_by", "wait", "reply_minutes", "client_id"], "reply_day IS NOT NULL"),
    ("ix_entry_waiting", ["day", "client_id"], "wait IS NOT NULL AND reply_day IS NULL"),
    ("ix_entry_untallied", ["id"], "tallied IS NULL"),
)


def upgrade() -> None:
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tallied", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("day", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("wait", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reply_id", ID, nullable=True))
        batch_op.add_column(sa.Column("reply_by", ID, nullable=True))
        batch_op.add_column(sa.Column("reply_day", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reply_minutes", sa.Integer(), nullable=True))
    for name, columns, which in INDEXES:
        where = sa.text(which)
        op.create_index(name, "entry", columns, sqlite_where=where, postgresql_where=where)
