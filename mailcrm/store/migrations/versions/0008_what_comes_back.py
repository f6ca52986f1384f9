"""What comes back from mailings: followed links and hits, consents, follow-ups, decisions about terms"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "tracking_consent",
        sa.Column("client_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "kind"),
    )
    op.create_table(
        "shares_decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("shares_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shares_decision_mailing_id"), ["mailing_id"], unique=False)

    op.create_table(
        "tracked_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("trap", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mailing_id", "position"),
    )
    op.create_table(
        "follow_up",
        sa.Column("id", ID, nullable=False),
        sa.Column("recipient_id", ID, nullable=False),
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("owner_id", ID, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("changed_at", UTC_TIME, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("recipient_id"),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_client_id"), ["client_id"], unique=False)
        batch_op.create_index("ix_follow_up_due", ["state", "due"], unique=False)
        batch_op.create_index(batch_op.f("ix_follow_up_mailing_id"), ["mailing_id"], unique=False)
        batch_op.create_index("ix_follow_up_owner", ["owner_id", "state", "id"], unique=False)

    op.create_table(
        "hit",
        sa.Column("id", ID, nullable=False),
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("recipient_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("has_language", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("hit", schema=None) as batch_op:
        batch_op.create_index("ix_hit_at", ["at"], unique=False)
        batch_op.create_index("ix_hit_mailing", ["mailing_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hit_recipient_id"), ["recipient_id"], unique=False)

    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.create_index("ix_recipient_address", ["address", "id"], unique=False)
        batch_op.create_index("ix_recipient_document", ["document_sha256"], unique=False)
