"""Acts on many clients at once"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "bulk_edit",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("changed", sa.String(), nullable=False),
        sa.Column("undone_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["group_id"], ["client_group.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
