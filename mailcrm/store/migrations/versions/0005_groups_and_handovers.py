"""Groups of clients, absences and handovers"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("cover_id", ID, nullable=False),
        sa.Column("starts_at", UTC_TIME, nullable=False),
        sa.Column("ends_at", UTC_TIME, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["cover_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index("ix_absence_cover", ["cover_id", "ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_absence_user_id"), ["user_id"], unique=False)

    op.create_table(
        "client_group",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("manager_id", ID, nullable=True),
        sa.Column("answer_hours", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("refreshed_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["manager_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name_key"),
    )
    with op.batch_alter_table("client_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_client_group_manager_id"), ["manager_id"], unique=False)

    op.create_table(
        "group_client",
        sa.Column("group_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("added_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["group_id"], ["client_group.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "client_id"),
    )
    with op.batch_alter_table("group_client", schema=None) as batch_op:
        batch_op.create_index("ix_group_client_client", ["client_id", "group_id"], unique=False)

    op.create_table(
        "group_deputy",
        sa.Column("group_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["client_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "user_id"),
    )
    with op.batch_alter_table("group_deputy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_deputy_user_id"), ["user_id"], unique=False)

    op.create_table(
        "handover",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("from_id", ID, nullable=True),
        sa.Column("to_id", ID, nullable=True),
        sa.Column("manages", sa.Boolean(), nullable=False),
        sa.Column("due_at", UTC_TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("groups_before", sa.String(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("done_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["from_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["group_id"], ["client_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_client_id"), ["client_id"], unique=False)
        batch_op.create_index("ix_handover_due", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_handover_group_id"), ["group_id"], unique=False)

    op.create_table(
        "owner_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("old_id", ID, nullable=True),
        sa.Column("new_id", ID, nullable=True),
        sa.Column("handover_id", ID, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["handover_id"], ["handover.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["new_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["old_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("owner_change", schema=None) as batch_op:
        batch_op.create_index("ix_owner_change_client", ["client_id", "at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_owner_change_handover_id"), ["handover_id"], unique=False)
