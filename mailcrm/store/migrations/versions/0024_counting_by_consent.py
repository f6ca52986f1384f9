"""What is counted of a recipient, and how a client agreed to it"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tracked", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("tracking_consent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("how", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("given_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
