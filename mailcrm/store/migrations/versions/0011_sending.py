"""Waves of a mailing, limits by domain, and the order of the queue"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UTC_TIME = sa.DateTime(timezone=True)
WAITING = sa.text("state IN ('queued', 'deferred')")
COPYING = sa.text("sent_copy = 'pending'")


def upgrade() -> None:
    op.add_column("mailing", sa.Column("wave", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("mailing", sa.Column("wave_at", UTC_TIME, nullable=True))
    op.add_column("notification", sa.Column("lease_until", UTC_TIME, nullable=True))
    op.add_column("send_account", sa.Column("domain_per_minute", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("ix_recipient_queue", table_name="recipient")
    op.create_index(
        "ix_recipient_queue",
        "recipient",
        ["account_id", "mailing_id", "wave", "not_before", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_recipient_copy",
        "recipient",
        ["account_id", "accepted_at"],
        sqlite_where=COPYING,
        postgresql_where=COPYING,
    )
