"""Chores, and entries of timelines that are no messages"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "chore",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due_at", UTC_TIME, nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=False),
        sa.Column("lease_until", UTC_TIME, nullable=True),
        sa.Column("done_at", UTC_TIME, nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    # Neither is a foreign key: that would have SQLite copy the whole table.
    op.add_column("entry", sa.Column("record_id", ID, nullable=True))
    op.add_column("entry", sa.Column("actor_id", ID, nullable=True))
    some = sa.text("record_id IS NOT NULL")
    op.create_index(
        "ix_entry_record",
        "entry",
        ["kind", "record_id", "client_id"],
        unique=True,
        sqlite_where=some,
        postgresql_where=some,
    )


def downgrade() -> None:
    op.drop_index("ix_entry_record", table_name="entry")
    with op.batch_alter_table("entry") as entry:
        entry.drop_column("actor_id")
        entry.drop_column("record_id")
    op.drop_table("chore")
