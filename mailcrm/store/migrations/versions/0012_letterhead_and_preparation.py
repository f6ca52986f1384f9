"""The letterhead of documents; when and from what a mailing was prepared, and warnings at its recipients"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "letterhead",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("website", sa.String(), nullable=False),
        sa.Column("tax_id", sa.String(), nullable=False),
        sa.Column("accent", sa.String(), nullable=False),
        sa.Column("small_print", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("mailing", sa.Column("prepared_at", UTC_TIME, nullable=True))
    op.add_column("mailing", sa.Column("prepared_sha", sa.String(), nullable=False, server_default=""))
    op.add_column("mailing", sa.Column("prepared_from", sa.String(), nullable=False, server_default=""))
    op.add_column("recipient", sa.Column("warnings", sa.String(), nullable=False, server_default=""))
