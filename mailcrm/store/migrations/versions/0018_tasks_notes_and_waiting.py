"""Tasks, notes and who waits for whom"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table("waiting_work", sa.Column("thread_id", ID, nullable=False), sa.PrimaryKeyConstraint("thread_id"))
    op.create_table(
        "invitation",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("starts_at", UTC_TIME, nullable=False),
        sa.Column("ends_at", UTC_TIME, nullable=True),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("repeats", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("ix_invitation_uid", "invitation", ["uid"])

    op.create_table(
        "note",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("changed_at", UTC_TIME, nullable=True),
        sa.Column("pinned_at", UTC_TIME, nullable=True),
        sa.Column("deleted_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_note_client", "note", ["client_id", "pinned_at"])

    op.create_table(
        "reported_bounce",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("original", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("ix_reported_bounce_original", "reported_bounce", ["original"])

    op.create_table(
        "spoken_promise",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("by_us", sa.Boolean(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("ix_spoken_promise_state", "spoken_promise", ["state", "due_on"])

    op.create_table(
        "task",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("is_promise", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_time", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("due_at", UTC_TIME, nullable=True),
        sa.Column("reminder", sa.String(), nullable=False),
        sa.Column("remind_at", UTC_TIME, nullable=True),
        sa.Column("reminded_at", UTC_TIME, nullable=True),
        sa.Column("repeat", sa.String(), nullable=False),
        sa.Column("repeats_id", ID, nullable=True),
        sa.Column("closes_on_reply", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done_at", UTC_TIME, nullable=True),
        sa.Column("done_by", ID, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("changed_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["done_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
        ),
        sa.ForeignKeyConstraint(["repeats_id"], ["task.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_task_client", "task", ["client_id", "state", "due_at"])
    op.create_index("ix_task_message_id", "task", ["message_id"])
    op.create_index("ix_task_owner", "task", ["owner_id", "state", "due_at"])
    op.create_index("ix_task_remind", "task", ["state", "remind_at"])
    op.create_index("ix_task_repeats_id", "task", ["repeats_id"])
    op.create_index("ix_task_state", "task", ["state", "due_at"])

    op.create_table(
        "waiting",
        sa.Column("thread_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("since", UTC_TIME, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("settled_id", ID, nullable=True),
        sa.Column("snoozed_id", ID, nullable=True),
        sa.Column("snoozed_until", UTC_TIME, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("thread_id", "client_id"),
    )
    op.create_index("ix_waiting_client_id", "waiting", ["client_id"])
    op.create_index("ix_waiting_people", "waiting", ["email"])
    op.create_index("ix_waiting_turn", "waiting", ["turn", "since"])
    op.create_index("ix_waiting_user", "waiting", ["user_id", "turn", "since"])

    op.create_table(
        "mention",
        sa.Column("note_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("seen_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("note_id", "user_id"),
    )
    op.create_index("ix_mention_user", "mention", ["user_id", "seen_at"])

    op.create_table(
        "task_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_task_change_task_id", "task_change", ["task_id"])

    op.add_column("client", sa.Column("next_follow_up_at", UTC_TIME, nullable=True))
    op.create_index("ix_client_next_follow_up_at", "client", ["next_follow_up_at"])


def downgrade() -> None:
    with op.batch_alter_table("client") as client:
        client.drop_index("ix_client_next_follow_up_at")
        client.drop_column("next_follow_up_at")
    for table in (
        "task_change",
        "mention",
        "waiting",
        "task",
        "spoken_promise",
        "reported_bounce",
        "note",
        "invitation",
        "waiting_work",
    ):
        op.drop_table(table)
