"""Offers with their terms, mailings with their recipients, and what sending needs"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "limiter",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("tat", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "notification",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("attachment_sha256", sa.String(), nullable=False),
        sa.Column("attachment_name", sa.String(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("not_before", UTC_TIME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("sent_at", UTC_TIME, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notification_state"), ["state"], unique=False)

    op.create_table(
        "template",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("builtin", sa.String(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.Column("archived_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "offer",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner_id", ID, nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("margin_floor", sa.BigInteger(), nullable=True),
        sa.Column("template_id", ID, nullable=True),
        sa.Column("document_template_id", ID, nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["document_template_id"], ["template.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_title_key"), ["title_key"], unique=False)

    op.create_table(
        "send_account",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("tls", sa.String(), nullable=False),
        sa.Column("ca_file", sa.String(), nullable=True),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("secret_source", sa.String(), nullable=False),
        sa.Column("mailbox_id", ID, nullable=True),
        sa.Column("sent_copy", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("connections", sa.Integer(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("breaker_until", UTC_TIME, nullable=True),
        sa.Column("breaker_step", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("last_error_at", UTC_TIME, nullable=True),
        sa.Column("probe", sa.String(), nullable=False),
        sa.Column("probed_at", UTC_TIME, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address"),
    )
    with op.batch_alter_table("send_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_send_account_user_id"), ["user_id"], unique=False)

    op.create_table(
        "mailing",
        sa.Column("id", ID, nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pause_reason", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("fallback_account_id", ID, nullable=True),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("send_at_local", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("ramp", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("follow_up_days", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("approver_id", ID, nullable=True),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("approved_at", UTC_TIME, nullable=True),
        sa.Column("approved_sha", sa.String(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("started_at", UTC_TIME, nullable=True),
        sa.Column("finished_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["approver_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["fallback_account_id"], ["send_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["offer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("mailing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailing_offer_id"), ["offer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mailing_state"), ["state"], unique=False)

    op.create_table(
        "offer_file",
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("offer_id", "position"),
    )
    op.create_table(
        "offer_item",
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("offer_id", "position"),
    )
    op.create_table(
        "term_kind",
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("offer_id", "key"),
    )
    op.create_table(
        "terms",
        sa.Column("id", ID, nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("scope_id", ID, nullable=False),
        sa.Column("data", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("offer_id", "scope", "scope_id"),
    )
    op.create_table(
        "variant",
        sa.Column("id", ID, nullable=False),
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("data", sa.String(), nullable=False),
        sa.Column("baseline", sa.Boolean(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mailing_id", "name"),
    )
    op.create_table(
        "recipient",
        sa.Column("id", ID, nullable=False),
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("client_id", ID, nullable=True),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("variant_id", ID, nullable=True),
        sa.Column("assign_prob", sa.Float(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("margin", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("not_before", UTC_TIME, nullable=False),
        sa.Column("lease_until", UTC_TIME, nullable=True),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_failed_at", UTC_TIME, nullable=True),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("thread_refs", sa.String(), nullable=False),
        sa.Column("raw_sha256", sa.String(), nullable=False),
        sa.Column("raw_size", sa.Integer(), nullable=False),
        sa.Column("document_sha256", sa.String(), nullable=False),
        sa.Column("document_name", sa.String(), nullable=False),
        sa.Column("dated_at", UTC_TIME, nullable=True),
        sa.Column("accepted_at", UTC_TIME, nullable=True),
        sa.Column("sent_copy", sa.String(), nullable=False),
        sa.Column("sent_copy_error", sa.String(), nullable=False),
        sa.Column("decided_at", UTC_TIME, nullable=True),
        sa.Column("decision", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["send_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mailing_id", "address"),
        sa.UniqueConstraint("message_id"),
    )
    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.create_index("ix_recipient_client", ["client_id", "id"], unique=False)
        batch_op.create_index("ix_recipient_lease", ["lease_until"], unique=False)
        batch_op.create_index(
            "ix_recipient_queue",
            ["account_id", "not_before", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'deferred')"),
            postgresql_where=sa.text("state IN ('queued', 'deferred')"),
        )
        batch_op.create_index("ix_recipient_state", ["mailing_id", "state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recipient_token"), ["token"], unique=False)
        batch_op.create_index(batch_op.f("ix_recipient_variant_id"), ["variant_id"], unique=False)

    op.create_table(
        "attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("recipient_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", UTC_TIME, nullable=False),
        sa.Column("ended_at", UTC_TIME, nullable=True),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("enhanced", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("server", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_recipient", ["recipient_id", "id"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", ID, nullable=False),
        sa.Column("recipient_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("machine_score", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("source_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_key"),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_kind", ["kind", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_message_id"), ["message_id"], unique=False)
        batch_op.create_index("ix_event_recipient", ["recipient_id", "at"], unique=False)

    op.create_table(
        "message_alias",
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("recipient_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alias"),
    )
    with op.batch_alter_table("message_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_alias_recipient_id"), ["recipient_id"], unique=False)

    op.create_table(
        "suppression",
        sa.Column("id", ID, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("recipient_id", ID, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address", "scope"),
    )
