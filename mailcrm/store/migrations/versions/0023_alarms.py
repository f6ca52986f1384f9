"""The alarm of a mailing, raised by all of its processes together"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("mailing", sa.Column("alarm_after", ID, nullable=False, server_default="0"))
